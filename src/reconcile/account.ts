import { afterDeath, afterHealthy, HEALTHY_AFTER_MS, NO_BACKOFF, type Backoff, type RetryPolicy } from './backoff.ts';
import type { Moment, Observation, RunExit } from './observation.ts';
import { isComplete, positionMs, type World } from './world.ts';
import type { PlayoutRun } from './run.ts';
import type { AirTime, PlayoutTally, Restarts, Tallies, UplinkTally } from './tallies.ts';

/** Brings the tallies up to what was just seen: who came, who died and how, and where the programme is. */
export function account(
  tallies: Tallies,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Tallies {
  const withUplink = accountUplink(tallies, observation, world, policy, now);
  const withPlayouts = accountPlayouts(withUplink, observation, world, policy, now);
  const alive = new Set([...world.uplinks, ...livePlayouts(world)].map((run) => run.runId));
  return {
    ...withPlayouts,
    stopping: Object.fromEntries(Object.entries(withPlayouts.stopping).filter(([runId]) => alive.has(runId))),
  };
}

export const livePlayouts = (world: World): readonly PlayoutRun[] =>
  [world.holder, world.waiter, ...world.unplaced, ...world.surplus].filter((run) => run !== null);

function accountUplink(
  tallies: Tallies,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Tallies {
  const { uplink } = tallies;
  const run = world.uplink;
  const before = uplink.current;
  const died = before !== null && world.uplinks.every((other) => other.runId !== before.runId);
  const after = died ? uplinkDied(tallies, before, observation, policy, now) : tallies;
  if (run === null) return after;
  // Media time, not the time it was watched: an adopted uplink has been healthy for longer than this daemon has lived.
  const healthy = run.progress !== null && run.progress.outTimeMs >= HEALTHY_AFTER_MS;
  const proved = healthy && !(before?.runId === run.runId && before.healthy);
  const tally: UplinkTally = {
    ...after.uplink,
    backoff: proved ? afterHealthy(after.uplink.backoff, now.monoMs) : after.uplink.backoff,
    current: { runId: run.runId, healthy },
    ingestRefused: false,
  };
  return { ...after, uplink: tally };
}

function uplinkDied(
  tallies: Tallies,
  dead: { readonly runId: string; readonly healthy: boolean },
  observation: Observation,
  policy: RetryPolicy,
  now: Moment,
): Tallies {
  const { uplink } = tallies;
  const stopped = tallies.stopping[dead.runId];
  // Ended by us for the operator's sake: no failure. Ended by us because it hung: one.
  if (stopped !== undefined && stopped.manner === 'graceful') {
    return { ...tallies, uplink: { ...uplink, current: null, ingestRefused: false } };
  }
  const exit = observation.exits.find((other) => other.runId === dead.runId);
  const reason = stopped?.reason ?? describeExit(exit);
  return {
    ...tallies,
    uplink: {
      backoff: afterDeath(uplink.backoff, policy, dead.healthy, now.monoMs),
      current: null,
      lastFailure: reason,
      ingestRefused: false,
    },
    restarts: restarted(tallies.restarts, reason, now),
  };
}

function describeExit(exit: RunExit | undefined): string {
  if (exit === undefined) return 'the uplink vanished';
  const how = exit.signal !== null ? `killed by ${exit.signal}` : exit.code === null ? 'ended' : `exit ${exit.code}`;
  return exit.lastError === null ? `uplink ${how}` : `uplink ${how}: ${exit.lastError}`;
}

const restarted = (restarts: Restarts, reason: string, now: Moment): Restarts => ({
  count: restarts.count + 1,
  lastReason: reason,
  lastAtWallMs: now.wallMs,
});

function accountPlayouts(
  tallies: Tallies,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Tallies {
  let { cursor, items, restarts } = tallies;
  const playouts: Record<string, PlayoutTally> = {};
  const live = livePlayouts(world);
  const alive = new Set(live.map((run) => run.runId));

  for (const [runId, tally] of Object.entries(tallies.playouts)) {
    if (alive.has(runId)) continue;
    const { record } = tally;
    if (record?.kind !== 'item') continue;
    const exit = observation.exits.find((other) => other.runId === runId);
    const outTimeMs = Math.max(tally.outTimeMs, exit?.outTimeMs ?? 0);
    const endedWell = exit === undefined || (exit.signal === null && (exit.code === null || exit.code === 0));
    const pointsHere = cursor?.key === record.key && cursor.round === record.round && cursor.index === record.index;
    if (isComplete(record, outTimeMs, endedWell)) {
      items = without(items, record.key);
      if (tally.onAir && pointsHere && cursor !== null) {
        const endMs = record.offsetMs + (record.lengthMs ?? outTimeMs);
        cursor = { ...cursor, offsetMs: endsItem(record, endMs) ? END_OF_ITEM : endMs };
      }
      continue;
    }
    const stopped = tallies.stopping[runId];
    const endedByUs = stopped !== undefined && stopped.manner !== 'brisk';
    // A signal from outside says nothing about the item; otherwise it must have come some way to be resumed at once.
    const healthy = endedByUs || (exit?.signal ?? null) !== null || outTimeMs >= PLAYOUT_HEALTHY_AFTER_MS;
    if (tally.onAir && pointsHere && cursor !== null) {
      // What cannot be played from here is begun anew when its wait is over.
      cursor = { ...cursor, offsetMs: healthy ? positionMs(record, outTimeMs) : 0 };
    }
    if (endedByUs) continue;
    items = {
      ...items,
      [record.key]: afterDeath(itemTally(items, record.key) ?? NO_BACKOFF, policy, healthy, now.monoMs),
    };
    if (tally.onAir) restarts = restarted(restarts, stopped?.reason ?? 'the playout ended early', now);
  }

  for (const run of live) {
    const before = tallies.playouts[run.runId];
    const onAir = run === world.holder;
    const outTimeMs = run.progress?.outTimeMs ?? before?.outTimeMs ?? 0;
    const placed = onAir || run.gate?.place === 'holder' || (run.gate?.place === 'waiter' && world.holder !== null);
    const unplacedSinceMs = placed ? null : (before?.unplacedSinceMs ?? now.monoMs);
    playouts[run.runId] = { record: run.record, outTimeMs, onAir, unplacedSinceMs };
    if (!onAir || run.record?.kind !== 'item') continue;
    const { key, round, index } = run.record;
    cursor = { key, round, index, offsetMs: positionMs(run.record, outTimeMs) };
  }
  return { ...tallies, cursor, items: bounded(items), playouts, restarts };
}

/** A playout that wrote this much has shown that the item can be played from where it began. */
const PLAYOUT_HEALTHY_AFTER_MS = 2_000;

/** An offset that no item reaches: the cursor's item has been played to its end. */
export const END_OF_ITEM = Number.MAX_SAFE_INTEGER;

const endsItem = (record: { readonly durationMs: number | null }, endMs: number): boolean =>
  record.durationMs === null || endMs >= record.durationMs - 50;

function without(items: Readonly<Record<string, Backoff>>, key: string): Readonly<Record<string, Backoff>> {
  if (itemTally(items, key) === undefined) return items;
  return Object.fromEntries(Object.entries(items).filter(([other]) => other !== key));
}

/** The waits of one item. A key may be called `constructor`, so only own properties count. */
export const itemTally = (items: Tallies['items'], key: string): Backoff | undefined =>
  Object.hasOwn(items, key) ? items[key] : undefined;

const MOST_ITEMS_IN_TROUBLE = 500;

const bounded = (items: Readonly<Record<string, Backoff>>): Readonly<Record<string, Backoff>> =>
  Object.keys(items).length <= MOST_ITEMS_IN_TROUBLE
    ? items
    : Object.fromEntries(Object.entries(items).slice(-MOST_ITEMS_IN_TROUBLE));

/** Counts on-air time; a step of the wall clock does not matter, as only monotonic time is added up. */
export function countAir(air: AirTime, onAir: boolean, now: Moment): AirTime {
  if (!onAir) return { ...air, sessionSinceWallMs: null, countedUntilMs: null };
  const sinceMs = air.countedUntilMs === null ? 0 : Math.max(0, now.monoMs - air.countedUntilMs);
  const sessionMs = air.sessionSinceWallMs === null ? 0 : air.sessionMs;
  return {
    sessionSinceWallMs: air.sessionSinceWallMs ?? now.wallMs,
    sessionMs: sessionMs + sinceMs,
    totalMs: air.totalMs + sinceMs,
    countedUntilMs: now.monoMs,
  };
}
