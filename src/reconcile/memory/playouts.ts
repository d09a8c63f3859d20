import { afterDeath, type RetryPolicy } from './backoff.ts';
import type { AccountContext } from './context.ts';
import { restarted } from './counters.ts';
import { itemMemory, withDeath, withFault, withoutTrouble, withPosition, withStore } from './items.ts';
import { accountTooSlow } from './too-slow.ts';
import { type Memory, NO_BACKOFF, type PlayoutEnd, type PlayoutMemory, type Stopping } from '../model/memory.ts';
import type { Moment, RunExit } from '../model/observation.ts';
import type { PlayoutRun } from '../model/run.ts';
import { airedOf } from '../runs/aired.ts';
import { missingStream } from '../runs/missing-stream.ts';
import { isComplete, offsetAfter, pipeDepthMs, placeOf, positionMs } from '../runs/position.ts';
import { bufferedMs } from '../runs/reservoir.ts';
import { livePlayouts } from '../runs/world.ts';

/** Brings the memory of playouts, their items and the place in the programme up to what was just seen. */
export function accountPlayouts(before: Memory, context: AccountContext): Memory {
  const steps = [buryDead, followLiving, accountMissing, accountTooSlow];
  const memory = steps.reduce((after, step) => step(after, context), before);
  const { observation, now } = context;
  return { ...memory, items: withStore(memory.items, observation.media, now.monoMs) };
}

/** Accounts for every FFmpeg that has ended, and for every run of which nothing is left. */
function buryDead(memory: Memory, { observation, world, policy, now }: AccountContext): Memory {
  const alive = new Map(livePlayouts(world).map((run) => [run.runId, run]));
  let after = memory;
  for (const [runId, playout] of Object.entries(memory.playouts)) {
    const run = alive.get(runId);
    if (playout.record === null || (run !== undefined && run.end === null)) continue;
    const exit = run === undefined ? observation.exits.find((other) => other.runId === runId) : exitOf(run);
    const drains = run !== undefined && run.reservoir !== null;
    const dead: DeadPlayout = { runId, playout, exit, stopping: memory.stopping[runId], drains };
    const ended = playout.ended ?? endOf(dead, after.items);
    if (playout.ended === null) after = withEnd(after, dead, ended, policy, now);
    if (run === undefined) after = withoutRun(after, dead, ended, now);
    else after = { ...after, playouts: { ...after.playouts, [runId]: { ...playout, ended } } };
  }
  return after;
}

interface DeadPlayout {
  readonly runId: string;
  readonly playout: PlayoutMemory;
  /** undefined = its end is not known. */
  readonly exit: RunExit | undefined;
  readonly stopping: Stopping | undefined;
  /** Its reservoir plays on, so all it has written will be on air. */
  readonly drains: boolean;
}

const exitOf = ({ runId, role, end, progress, lastError }: PlayoutRun): RunExit => ({
  runId,
  role,
  code: end?.code ?? null,
  signal: end?.signal ?? null,
  outTimeMs: progress?.outTimeMs ?? null,
  lastError,
});

const writtenMs = ({ playout, exit }: DeadPlayout): number => Math.max(playout.outTimeMs, exit?.outTimeMs ?? 0);
const isSignalled = ({ exit }: DeadPlayout): boolean => (exit?.signal ?? null) !== null;
const endedWell = ({ exit }: DeadPlayout): boolean =>
  exit === undefined || (exit.signal === null && (exit.code === null || exit.code === 0));
/** Whether its progress file says how far it came: not if the file is missing, or stood still while bytes moved. */
const isLastWord = ({ playout, exit }: DeadPlayout): boolean =>
  exit !== undefined && exit.outTimeMs !== null && exit.outTimeMs >= playout.outTimeMs;
/** Its FFmpeg ended without having written anything, and not because nobody read from it. */
const gaveNothing = ({ playout, exit }: DeadPlayout): boolean =>
  exit !== undefined &&
  exit.code !== null &&
  (exit.outTimeMs ?? 0) === 0 &&
  playout.outTimeMs === 0 &&
  !/Broken pipe/i.test(exit.lastError ?? '');
/** We ended it, and not because it hung. */
const isEndedByUs = ({ stopping }: DeadPlayout): boolean =>
  stopping !== undefined && stopping.manner !== 'brisk' && stopping.manner !== 'drain';

/** Whether its death is no fault of the item: a signal ended it, or it had played well for a while. */
const isHealthy = (dead: DeadPlayout): boolean =>
  isEndedByUs(dead) || (isSignalled(dead) && dead.stopping === undefined) || writtenMs(dead) >= PLAYED_WELL_AFTER_MS;

function endOf(dead: DeadPlayout, items: Memory['items']): PlayoutEnd {
  const { record } = dead.playout;
  const outTimeMs = writtenMs(dead);
  if (record?.kind !== 'item' || isComplete(record, outTimeMs, endedWell(dead), isLastWord(dead))) {
    return { kind: 'complete' };
  }
  // After two failures in a row at this place the item begins anew; a single one may have been the store's.
  const failedBefore = (itemMemory(items, record.key)?.failures ?? 0) > 0;
  const seenMs = dead.drains ? outTimeMs : Math.max(0, outTimeMs - pipeDepthMs(record.rateKbps));
  return { kind: 'early', resumeAtMs: isHealthy(dead) || !failedBefore ? positionMs(record, seenMs) : 0 };
}

/** Takes the end of its FFmpeg into the memory of the item, or of the slate. */
function withEnd(memory: Memory, dead: DeadPlayout, ended: PlayoutEnd, policy: RetryPolicy, now: Moment): Memory {
  const { playout, exit, stopping } = dead;
  const { record } = playout;
  const outTimeMs = writtenMs(dead);
  if (record?.kind !== 'item') {
    const byItself =
      exit !== undefined && !isSignalled(dead) && (stopping === undefined || stopping.manner === 'brisk');
    const failed = byItself && outTimeMs < PLAYED_WELL_AFTER_MS;
    return failed ? { ...memory, slate: afterDeath(memory.slate, SLATE_POLICY, false, now.monoMs) } : memory;
  }
  // FFmpeg wrote all of the item, but a stream of it may not have reached the ingest.
  const isInDoubt = (itemMemory(memory.items, record.key)?.missing ?? null) !== null;
  if (ended.kind === 'complete')
    return isInDoubt ? memory : { ...memory, items: withoutTrouble(memory.items, record.key) };
  if (isEndedByUs(dead)) return memory;
  const byItself = !isSignalled(dead) && stopping === undefined && (isLastWord(dead) || gaveNothing(dead));
  const death = {
    healthy: isHealthy(dead),
    endedEarlyAtMs: byItself ? record.offsetMs + outTimeMs : null,
    starved: isStarved(exit, stopping !== undefined),
    version: record.version,
  };
  const restarts = playout.onAir
    ? restarted(memory.restarts, stopping?.reason ?? 'the playout ended early', now)
    : memory.restarts;
  return { ...memory, items: withDeath(memory.items, record.key, death, policy, now.monoMs), restarts };
}

/** Accounts for a run of which nothing is left. */
function withoutRun(memory: Memory, dead: DeadPlayout, ended: PlayoutEnd, now: Moment): Memory {
  const { record, onAir, missing } = dead.playout;
  const isSeenWhole = record?.kind === 'item' && onAir && missing === null && ended.kind === 'complete';
  const items = isSeenWhole ? withoutTrouble(memory.items, record.key) : memory.items;
  return { ...memory, items, cursor: cursorAfter(memory.cursor, dead, ended, now) };
}

/** Where the programme is once this run is gone. */
function cursorAfter(cursor: Memory['cursor'], dead: DeadPlayout, ended: PlayoutEnd, now: Moment): Memory['cursor'] {
  const { playout, exit, stopping } = dead;
  const { record, onAir } = playout;
  if (record?.kind !== 'item') return cursor;
  const outTimeMs = writtenMs(dead);
  const pointsHere = cursor?.key === record.key && cursor.round === record.round && cursor.index === record.index;
  const here = placeOf(record);
  // It begins anew: at a place where a stream was missing there may be no picture to begin with.
  if (playout.missing !== null) return onAir && pointsHere ? { ...cursor, offsetMs: 0 } : cursor;
  const awayMs = Math.max(0, now.monoMs - playout.seenAtMs);
  if (onAir && pointsHere && playout.bufferedMs - awayMs > ROUGHLY_DRAINED_MS) {
    // Its reservoir died with it, and what was in it has not been on air.
    return { ...here, offsetMs: positionMs(record, Math.min(outTimeMs, playout.airedMs + awayMs)) };
  }
  if (ended.kind === 'early') return onAir && pointsHere ? { ...here, offsetMs: ended.resumeAtMs } : cursor;
  // A short item may come and go between two looks: one that ended well by itself has been on air.
  const passed = exit !== undefined && endedWell(dead) && stopping === undefined;
  if (!(onAir && pointsHere) && (onAir || !passed)) return cursor;
  return { ...here, offsetMs: offsetAfter(record, record.offsetMs + (record.lengthMs ?? outTimeMs)) };
}

/** The time of two passes, and the error of the position. */
const ROUGHLY_DRAINED_MS = 3_000;

/** We ended it as it hung, and FFmpeg answers to SIGTERM as it does then, or FFmpeg complained of its input. */
function isStarved(exit: RunExit | undefined, stopped: boolean): boolean {
  if (INPUT_FAILED.test(exit?.lastError ?? '')) return true;
  const code = exit?.code ?? null;
  return stopped && (code === null || ANSWERS_TO_SIGTERM.includes(code));
}

/** What FFmpeg 5.1 to 9 says when http, tcp or tls fail. */
const INPUT_FAILED = /Server returned|HTTP error|Connection (?:refused|reset|timed out)|timed out|Input\/output error/i;
/** FFmpeg's exit codes: 255 after the first SIGTERM, 123 after a fourth while it is blocked. */
const ANSWERS_TO_SIGTERM: readonly number[] = [255, 123];

/** A playout that wrote this much has shown that the item can be played from that place on. */
const PLAYED_WELL_AFTER_MS = 2_000;

/** There is nothing to show instead of the slate, so its waits are short. */
const SLATE_POLICY: RetryPolicy = { delayMs: 1_000, maxRetries: 0 };

/** Takes progress and position of every living playout into memory. */
function followLiving(memory: Memory, { world, now }: AccountContext): Memory {
  let { cursor, items, pace, slate } = memory;
  const playouts: Record<string, PlayoutMemory> = {};
  for (const run of livePlayouts(world)) {
    const before = memory.playouts[run.runId];
    const onAir = run === world.holder;
    const outTimeMs = run.progress?.outTimeMs ?? before?.outTimeMs ?? 0;
    const aired = onAir ? airedOf(run, outTimeMs, pace, world.uplink, before?.airedMs ?? pace?.airedMs ?? 0) : null;
    const airedMs = aired?.airedMs ?? 0;
    if (aired !== null) pace = aired.pace;
    const placed = onAir || run.gate?.place === 'holder' || (run.gate?.place === 'waiter' && world.holder !== null);
    const unplacedSinceMs = placed ? null : (before?.unplacedSinceMs ?? now.monoMs);
    const seen = { record: run.record, outTimeMs, airedMs, bufferedMs: bufferedMs(run) ?? 0, seenAtMs: now.monoMs };
    const { ended = null, missing = null } = before ?? {};
    playouts[run.runId] = { ...seen, onAir, unplacedSinceMs, ended, missing };
    if (run.record?.kind === 'slate' && outTimeMs >= PLAYED_WELL_AFTER_MS) slate = NO_BACKOFF;
    if (!onAir || run.record?.kind !== 'item') continue;
    cursor = { ...placeOf(run.record), offsetMs: positionMs(run.record, airedMs) };
    items = withPosition(items, cursor.key, cursor.offsetMs);
  }
  return { ...memory, cursor, items, pace, playouts, slate };
}

/** Notes, once a run, that the ingest gets only one stream of the item on air; not of a run that is being ended. */
function accountMissing(memory: Memory, { world, policy, now }: AccountContext): Memory {
  const { uplink, holder } = world;
  const found = missingStream(uplink?.streams ?? null);
  const playout = holder === null ? undefined : memory.playouts[holder.runId];
  if (uplink === null || holder === null || playout === undefined || found?.runId !== holder.runId) return memory;
  if (holder.record?.kind !== 'item' || playout.missing !== null) return memory;
  if (memory.stopping[uplink.runId] !== undefined || memory.stopping[holder.runId] !== undefined) return memory;
  const missing = found.stream;
  return {
    ...memory,
    items: withFault(memory.items, holder.record, { missing }, policy, now.monoMs),
    playouts: { ...memory.playouts, [holder.runId]: { ...playout, missing } },
    restarts: restarted(memory.restarts, `the item sends no ${missing}`, now),
  };
}
