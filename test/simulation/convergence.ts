import { sessionHash } from '../../src/reconcile/playout/hashes.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import { livePlayouts, worldOf } from '../../src/reconcile/runs/world.ts';
import type { SimDaemon } from './daemon.ts';
import { wishedSpec } from './judge.ts';
import { keysOf } from './library.ts';
import type { Machine } from './machine.ts';

/** An orphan is gone after this. */
const ORPHAN_MS = 10_000;

/** What still differs from a converged world; null = nothing does. */
export function whatIsMissing(
  machine: Machine,
  daemon: SimDaemon,
  { observation, plan: decided, now }: Pass,
): string | null {
  const spec = wishedSpec(machine);
  const world = worldOf(observation);
  if (spec === null || world === null) return 'there is no wish, or no sight';
  const { verdict, actions } = decided;
  const live = livePlayouts(world);
  if (!spec.running) {
    if (world.uplinks.length > 0 || live.length > 0) return 'something still runs';
    return verdict.status === 'stopped' ? null : `the status is ${verdict.status}`;
  }
  const old = [...world.unplaced, ...world.surplus].filter((run) => now.monoMs - run.startedAtMs > ORPHAN_MS);
  if (old.length > 0) return `an orphan is ${now.monoMs - old[0]!.startedAtMs} ms old`;
  const keys = keysOf(spec, machine.store.objects);
  const isOneSided = (key: string): boolean => (machine.store.objects.get(key)?.missing ?? null) !== null;
  // Each round of what sends but one stream ends a session.
  const renews = keys.some(isOneSided);
  if (renews && world.uplinks.length === 0) return null;
  if (world.uplinks.length !== 1) return `there are ${world.uplinks.length} uplinks`;
  const { target } = daemon.planSettings;
  if (target !== null && world.uplink?.specHash !== sessionHash(target, spec)) return 'the session is of another kind';
  const { holder } = world;
  if (holder === null) return renews ? null : 'no playout is on air';
  if (!renews && machine.nowMs - machine.ingest.lastPictureAtMs > 1_000) return 'no picture reaches the ingest';
  const playable = keys.filter((key) => isWhole(machine, key));
  if (holder.record?.kind === 'item') {
    if (!keys.includes(holder.record.key)) return `${holder.record.key} is on air, which is not wished`;
    const object = machine.store.objects.get(holder.record.key);
    if (object !== undefined && isWhole(machine, holder.record.key) && holder.record.version !== object.facts.version)
      return 'an old version is on air';
  } else if (playable.length > 0) return 'the slate is on air, though something can be played';
  const allWell = keys.length > 0 && playable.length === keys.length;
  // That an item ended early, or gave nothing, is told until it has been played past that place.
  const { endedEarly, oneSided } = machine.ledger;
  const tellsEnd = verdict.reason === 'MediaEndsEarly' || verdict.reason === 'MediaUndecodable';
  const told = tellsEnd ? endedEarly : verdict.reason.endsWith('Missing') ? oneSided : [];
  const rightly = [...told].some((key) => verdict.message.includes(JSON.stringify(key)));
  if (allWell && !rightly && verdict.status !== 'live')
    return `the status is ${verdict.status} ${verdict.reason}: ${verdict.message}`;
  if (renews) return null;
  if (!['live', 'degraded'].includes(verdict.status))
    return `the status is ${verdict.status} ${verdict.reason}: ${verdict.message}`;
  const touching = actions.filter(({ kind }) => kind === 'signal' || kind === 'startUplink' || kind === 'startPlayout');
  // Short and broken items come and go; long ones give rest.
  const restless = !allWell || daemon.planSettings.urlTtlMs < 300_000 || keys.some((key) => isShort(machine, key));
  const unrest = touching.filter(
    (action) =>
      !restless || action.kind === 'startUplink' || (action.kind === 'signal' && action.run.role === 'uplink'),
  );
  return unrest.length === 0 ? null : `it still acts: ${unrest.map(({ kind }) => kind).join(', ')}`;
}

function isWhole(machine: Machine, key: string): boolean {
  const object = machine.store.objects.get(key);
  return (
    object !== undefined &&
    object.decodable &&
    !object.forbidden &&
    object.truncatedAtMs === null &&
    object.missing === null
  );
}

const isShort = (machine: Machine, key: string): boolean =>
  (machine.store.objects.get(key)?.realMs ?? 0) < 60_000 || key === 'unknown.ts';
