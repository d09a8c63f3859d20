import { afterDeath, type RetryPolicy } from './backoff.ts';
import { restarted } from './counters.ts';
import { itemMemory, withDeath, withoutTrouble, withPosition, withStore } from './items.ts';
import { type Memory, NO_BACKOFF, type PlayoutMemory } from '../model/memory.ts';
import type { Moment, Observation, RunExit } from '../model/observation.ts';
import { END_OF_ITEM } from '../model/programme.ts';
import { isComplete, positionMs } from '../runs/position.ts';
import { livePlayouts, type World } from '../runs/world.ts';

/** Brings the tallies of playouts, their items and the place in the programme up to what was just seen. */
export function accountPlayouts(
  tallies: Memory,
  observation: Observation,
  world: World,
  policy: RetryPolicy,
  now: Moment,
): Memory {
  const buried = buryDead(tallies, observation, world, policy, now);
  const followed = followLiving(buried, world, now);
  return { ...followed, items: withStore(followed.items, observation.media, now.monoMs) };
}

function buryDead(tallies: Memory, observation: Observation, world: World, policy: RetryPolicy, now: Moment): Memory {
  let { cursor, items, restarts, slate } = tallies;
  const alive = new Set(livePlayouts(world).map((run) => run.runId));
  for (const [runId, { record, onAir, outTimeMs: seenMs }] of Object.entries(tallies.playouts)) {
    if (alive.has(runId) || record === null) continue;
    const exit = observation.exits.find((other) => other.runId === runId);
    const outTimeMs = Math.max(seenMs, exit?.outTimeMs ?? 0);
    const signalled = (exit?.signal ?? null) !== null;
    if (record.kind === 'slate') {
      const stopping = tallies.stopping[runId];
      const ended = exit !== undefined && !signalled && (stopping === undefined || stopping.manner === 'brisk');
      if (ended && outTimeMs < PLAYED_WELL_AFTER_MS) slate = afterDeath(slate, SLATE_POLICY, false, now.monoMs);
      continue;
    }
    // A progress file that is missing, or that stood still while bytes went on, is no last word.
    const exact = exit !== undefined && exit.outTimeMs !== null && exit.outTimeMs >= seenMs;
    const endedWell = exit === undefined || (exit.signal === null && (exit.code === null || exit.code === 0));
    const pointsHere = cursor?.key === record.key && cursor.round === record.round && cursor.index === record.index;
    if (isComplete(record, outTimeMs, endedWell, exact)) {
      items = withoutTrouble(items, record.key);
      // A short item may come and go between two looks: what ended by itself has been through the gate.
      const passed = exit !== undefined && endedWell && tallies.stopping[runId] === undefined;
      if ((onAir && pointsHere) || (passed && !onAir)) {
        const { key, round, index } = record;
        const endMs = record.offsetMs + (record.lengthMs ?? outTimeMs);
        cursor = { key, round, index, offsetMs: endsItem(record, endMs) ? END_OF_ITEM : endMs };
      }
      continue;
    }
    const stopped = tallies.stopping[runId];
    const endedByUs = stopped !== undefined && stopped.manner !== 'brisk';
    // A signal from outside says nothing about the item; otherwise it must have come some way to be resumed at once.
    const healthy = endedByUs || (signalled && stopped === undefined) || outTimeMs >= PLAYED_WELL_AFTER_MS;
    if (onAir && pointsHere && cursor !== null) {
      // What twice in a row cannot be played from here is begun anew; once, it may have been the store.
      const failedBefore = (itemMemory(items, record.key)?.failures ?? 0) > 0;
      cursor = { ...cursor, offsetMs: healthy || !failedBefore ? positionMs(record, outTimeMs) : 0 };
    }
    if (endedByUs) continue;
    const endedEarlyAtMs = signalled || stopped !== undefined || !exact ? null : record.offsetMs + outTimeMs;
    const starved = isStarved(exit, stopped !== undefined);
    items = withDeath(items, record.key, { healthy, endedEarlyAtMs, starved }, policy, now.monoMs);
    if (onAir) restarts = restarted(restarts, stopped?.reason ?? 'the playout ended early', now);
  }
  return { ...tallies, cursor, items, restarts, slate };
}

/** It hung for want of input until we ended it, or FFmpeg itself complained of its input. */
function isStarved(exit: RunExit | undefined, stopped: boolean): boolean {
  if (INPUT_FAILED.test(exit?.lastError ?? '')) return true;
  const code = exit?.code ?? null;
  return stopped && (code === null || ANSWERS_TO_SIGTERM.includes(code));
}

/** What FFmpeg 5.1 to 9 says when http, tcp or tls fail it. */
const INPUT_FAILED = /Server returned|HTTP error|Connection (?:refused|reset|timed out)|timed out|Input\/output error/i;
/** The first SIGTERM is answered by 255, a fourth while blocked by 123. */
const ANSWERS_TO_SIGTERM: readonly number[] = [255, 123];

/** A playout that wrote this much has shown that the item can be played from where it began. */
const PLAYED_WELL_AFTER_MS = 2_000;

/** Nothing else is left to show, so the slate's waits are short. */
const SLATE_POLICY: RetryPolicy = { delayMs: 1_000, maxRetries: 0 };

const endsItem = (record: { readonly durationMs: number | null }, endMs: number): boolean =>
  record.durationMs === null || endMs >= record.durationMs - 50;

function followLiving(tallies: Memory, world: World, now: Moment): Memory {
  let { cursor, items, slate } = tallies;
  const playouts: Record<string, PlayoutMemory> = {};
  for (const run of livePlayouts(world)) {
    const before = tallies.playouts[run.runId];
    const onAir = run === world.holder;
    const outTimeMs = run.progress?.outTimeMs ?? before?.outTimeMs ?? 0;
    const placed = onAir || run.gate?.place === 'holder' || (run.gate?.place === 'waiter' && world.holder !== null);
    const unplacedSinceMs = placed ? null : (before?.unplacedSinceMs ?? now.monoMs);
    playouts[run.runId] = { record: run.record, outTimeMs, onAir, unplacedSinceMs };
    if (run.record?.kind === 'slate' && outTimeMs >= PLAYED_WELL_AFTER_MS) slate = NO_BACKOFF;
    if (!onAir || run.record?.kind !== 'item') continue;
    const { key, round, index } = run.record;
    cursor = { key, round, index, offsetMs: positionMs(run.record, outTimeMs) };
    items = withPosition(items, key, cursor.offsetMs);
  }
  return { ...tallies, cursor, items, playouts, slate };
}
