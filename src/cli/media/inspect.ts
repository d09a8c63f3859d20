import { availableParallelism } from 'node:os';
import { EXIT, type Invocation } from '../command.ts';
import { knownSpec } from '../desired/known-spec.ts';
import { measureEncodeCost, trialFailure } from './encode-cost.ts';
import { COPY_COST, SOUND_COST, type Inspection, inspectionJson, inspectionLines } from './inspection.ts';
import { type MediaAccess, openMediaAccess } from './media-access.ts';
import { tellFailure } from './store-access.ts';
import { countRequests, type Requests } from '../../observe/probe/container/mp4-requests.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { decideCopy, hasTables } from '../../reconcile/playout/copy-decision.ts';
import { hdrOf } from '../../reconcile/playout/colours.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';
import { liesApart } from '../../reconcile/playout/spec.ts';
import { readBytes } from '../../store/fetch/read-bytes.ts';

/** What an object holds, whether it is copied or encoded on air, why, and what that costs; exit 1 if it cannot be played. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, terminal } = invocation;
  const access = await openMediaAccess(invocation);
  if (access === null) return EXIT.usage;
  const { configDir, stateDir } = access.settings;
  const facts = await access.factsOf(args[0] ?? '');
  if (facts.kind === 'failed') return tellFailure(facts.failure, terminal);
  const { spec: desired, from: desiredFrom } = knownSpec(configDir, stateDir);
  const format = houseFormat(desired);
  const verdict = decideCopy(facts.value, format, desired.encode);
  const known = verdict.sound === 'copy' ? COPY_COST : SOUND_COST;
  const cost = verdict.picture === 'copy' ? known : await measureEncodeCost(access, facts.value, format);
  const isHdr = verdict.picture === 'transcode' && hdrOf(facts.value.video) !== null;
  const wrongColours = isHdr && !(await access.filtersFor(facts.value.video)).toneMapping;
  // An object of which a piece was encoded just now needs no trial.
  const failure = cost.kind === 'measured' ? null : await trialFailure(access, facts.value, format);
  if (failure !== null) return tellFailure(failure, terminal);
  const inspection: Inspection = {
    facts: facts.value,
    desired,
    desiredFrom,
    verdict,
    cost,
    requests: await requestsOf(access, facts.value),
    machineCores: availableParallelism(),
    wrongColours,
  };
  if (options.has('json')) terminal.out(JSON.stringify(inspectionJson(inspection), null, 2));
  else terminal.out(inspectionLines(inspection).join('\n'));
  return EXIT.well;
}

const PATIENCE_MS = 30_000;

/** The requests that playing the object once makes of the store, by its MP4 tables; null = a local file, or no tables. */
async function requestsOf(access: MediaAccess, facts: ItemFacts): Promise<Requests | null> {
  const { settings, storage } = access;
  if (!hasTables(facts)) return null;
  const url = await storage.getStreamUrl(facts.key, settings.urlTtlS);
  if (url.kind === 'failed' || url.value.startsWith('file:')) return null;
  const untilMs = performance.now() + PATIENCE_MS;
  const read = (offsetBytes: number, sizeBytes: number): Promise<Buffer> =>
    readBytes(url.value, offsetBytes, sizeBytes, { timeoutMs: untilMs - performance.now(), caFile: settings.caFile });
  const tracks = { picture: facts.video?.track ?? 0, sound: facts.audio?.track ?? 0 };
  const reading = liesApart(facts) ? ({ kind: 'separately', ...tracks } as const) : ({ kind: 'together' } as const);
  return countRequests(read, facts.sizeBytes, reading).catch(() => null);
}
