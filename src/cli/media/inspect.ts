import { availableParallelism } from 'node:os';
import { EXIT, type Invocation } from '../command.ts';
import { knownSpec } from '../desired/known-spec.ts';
import { measureEncodeCost, trialFailure } from './encode-cost.ts';
import { COPY_COST, SOUND_COST, type Inspection, inspectionJson, inspectionLines } from './inspection.ts';
import { openMediaAccess } from './media-access.ts';
import { tellFailure } from './store-access.ts';
import { decideCopy } from '../../reconcile/playout/copy-decision.ts';
import { hdrOf } from '../../reconcile/playout/colours.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';

/** What an object holds, whether it is copied or encoded on air, why, and what that costs; exit 1 if it cannot be played. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, terminal } = invocation;
  const access = await openMediaAccess(invocation);
  if (access === null) return EXIT.usage;
  const { configDir, stateDir } = access.settings;
  const facts = await access.factsOf(args[0] ?? '');
  if (facts.kind === 'failed') {
    tellFailure(facts.failure, terminal);
    return EXIT.failed;
  }
  const { spec: desired, from: desiredFrom } = knownSpec(configDir, stateDir);
  const format = houseFormat(desired);
  const verdict = decideCopy(facts.value, format, desired.encode);
  const known = verdict.sound === 'copy' ? COPY_COST : SOUND_COST;
  const cost = verdict.picture === 'copy' ? known : await measureEncodeCost(access, facts.value, format);
  const isHdr = verdict.picture === 'transcode' && hdrOf(facts.value.video) !== null;
  const wrongColours = isHdr && !(await access.filtersFor(facts.value.video)).toneMapping;
  // What a piece of was encoded just now needs no trial.
  const failure = cost.kind === 'measured' ? null : await trialFailure(access, facts.value, format);
  if (failure !== null) {
    tellFailure(failure, terminal);
    return EXIT.failed;
  }
  const inspection: Inspection = {
    facts: facts.value,
    desired,
    desiredFrom,
    verdict,
    cost,
    machineCores: availableParallelism(),
    wrongColours,
  };
  if (options.has('json')) terminal.out(JSON.stringify(inspectionJson(inspection), null, 2));
  else terminal.out(inspectionLines(inspection).join('\n'));
  return EXIT.well;
}
