import type { Status } from '../model/status.ts';
import { failureOnAir } from '../memory/items.ts';
import { isTooSlowNow } from '../memory/too-slow.ts';
import { behindStatus } from './behind.ts';
import { uplinkFailure } from '../runs/uplink-failure.ts';
import type { UplinkHealth } from '../runs/uplink-health.ts';
import type { World } from '../runs/world.ts';
import type { StatusContext } from './context.ts';
import { firstProblem } from './obstacle.ts';
import { youTubeTrouble } from './youtube.ts';

/** A new uplink that has sent nothing for this long is `down`, no longer `starting`. */
const STARTING_FOR_MS = 20_000;

/** `down` by the last failure of the uplink, in the same words while it waits and while it tries; `whatNext` differs. */
export function troubled({ observation, memory }: StatusContext, whatNext: string): Status {
  const { lastFailure, ingestRefused } = memory.uplink;
  const { reason, message } = uplinkFailure(lastFailure, observation.ingest.kind === 'refuses' || ingestRefused);
  return { status: 'down', reason, message: `${message}; ${whatNext}` };
}

/** The status while there is an uplink and on air is desired. `hash`: of the accepted file. */
export function onAirStatus(context: StatusContext, world: World, health: UplinkHealth, hash: string): Status {
  const { memory, rules, now } = context;
  const downForMs = now.monoMs - (memory.downSinceMs ?? now.monoMs);
  switch (health.kind) {
    case 'connecting':
      if (memory.uplink.backoff.failures > 0) return troubled(context, 'trying again now');
      return downForMs < STARTING_FOR_MS
        ? { status: 'starting', reason: 'Connecting', message: 'the uplink is connecting to the ingest' }
        : { status: 'down', reason: 'IngestUnresponsive', message: 'the ingest takes no data' };
    case 'silent':
      return silent(context, world, health.forMs);
    case 'lagging':
      return lagging(health.unackedMs);
    case 'live':
      break;
  }
  const atYouTube = youTubeTrouble(context.youtube, memory.told?.reason ?? null);
  if (atYouTube?.status === 'down') return atYouTube;
  const behind = behindStatus(world);
  if (behind !== null) return behind;
  const givenUp = givenUpOnAir(context, world);
  if (givenUp !== null) return givenUp;
  const { file } = context.observation.desired;
  if (file.kind === 'invalid')
    return { status: 'degraded', reason: 'DesiredInvalid', message: firstProblem(file.problems) };
  if (file.kind === 'missing') return { status: 'degraded', reason: 'DesiredMissing', message: file.message };
  if (world.holder?.record?.kind === 'slate') {
    const { mediaFailure } = context;
    return mediaFailure === null
      ? { status: 'degraded', reason: 'SlateShowing', message: 'the slate is on air until the media is ready' }
      : { status: 'degraded', ...mediaFailure };
  }
  if (world.holder === null)
    return { status: 'degraded', reason: 'PlayoutMissing', message: 'no playout feeds the uplink' };
  // After a restart of the daemon the facts of the item on air have to be fetched anew; until then it counts as unchanged.
  const settled =
    rules.playout === 'playout-kept' ||
    (rules.playout === 'playout-undecided' && world.holder.record !== null && memory.appliedHash === hash);
  if (!settled) {
    return { status: 'degraded', reason: 'Converging', message: 'on air, and changing to what desired.yaml says' };
  }
  if (context.mediaFailure !== null) return { status: 'degraded', ...context.mediaFailure };
  return atYouTube ?? { status: 'live', reason: 'OnAir', message: describeItem(world) };
}

/** The status while the item on air is about to be replaced, for a missing stream or a slow encode; null = it is not. */
function givenUpOnAir({ memory, now }: StatusContext, { holder }: World): Status | null {
  if (holder?.record?.kind !== 'item') return null;
  const isOneSided = (memory.playouts[holder.runId]?.missing ?? null) !== null;
  if (!isOneSided && !isTooSlowNow(memory, holder, now)) return null;
  const failure = failureOnAir(memory.items, holder.record.key);
  return failure === null ? null : { status: 'degraded', ...failure };
}

/** Nothing reaches the ingest. If the playout gets no input either and the store is known to fail, the store is the cause. */
function silent({ mediaFailure }: StatusContext, { holder }: World, forMs: number): Status {
  const message = `nothing has reached the ingest for ${Math.round(forMs / 1000)} s`;
  const isStarved = holder === null || holder.gate?.flow === 'starved';
  if (mediaFailure === null || !isStarved || !mediaFailure.reason.startsWith('Storage')) {
    return { status: 'down', reason: 'UplinkSilent', message };
  }
  return { status: 'down', reason: mediaFailure.reason, message: `${message}: ${mediaFailure.message}` };
}

const lagging = (unackedMs: number): Status => ({
  status: unackedMs > 2 * 5_000 ? 'down' : 'degraded',
  reason: 'UplinkLagging',
  message: `the ingest has acknowledged nothing for ${(unackedMs / 1000).toFixed(1)} s`,
});

function describeItem(world: World): string {
  const record = world.holder?.record;
  return record?.kind === 'item' ? `${JSON.stringify(record.key)} is on air` : 'on air';
}
