import { describe, expect, it } from 'vitest';
import { broadcastAgeMs, followBroadcast, LONGEST_BROADCAST_MS } from '../../../src/reconcile/broadcast/age.ts';
import { followRecycle, isComingBack, isPaused } from '../../../src/reconcile/broadcast/recycle.ts';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import { type BroadcastMemory, NO_RECYCLE, type RecycleMemory } from '../../../src/reconcile/model/memory.ts';
import type { Moment, RecycleSchedule } from '../../../src/reconcile/model/observation.ts';
import { recycleWished, talliesAre, uplinkConnecting, uplinkIs } from '../mutations.ts';
import { healthyWorld, MINUTE_MS, mutate, NOW_MS, planOf, SPEC, type TestWorld, WALL_MS } from '../world-builder.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NAME = '0 4 * * * UTC';
const WISH: DesiredSpec = { ...SPEC, recycle: '0 4 * * *', recyclePauseMs: 90_000 };

/** So long after `WALL_MS`, both clocks. */
const at = (ms: number): Moment => ({ monoMs: NOW_MS + ms, wallMs: WALL_MS + ms, nonce: `n${ms}` });
const aged = (ageMs: number, now = at(0)): BroadcastMemory => ({ sinceMs: now.monoMs - ageMs, seenMs: now.monoMs });
/** Fires after `inMs` and a day later. */
const next = (inMs: number, now = at(0)): RecycleSchedule => ({
  name: NAME,
  nextWallMs: now.wallMs + inMs,
  followingWallMs: now.wallMs + inMs + DAY_MS,
});
const waitingFor = (dueWallMs: number): RecycleMemory => ({ ...NO_RECYCLE, dueWallMs, dueFor: NAME });
/** Due just now; the next one comes `nextInMs` later. */
const fire = (ageMs: number, nextInMs: number, lateMs = 0): RecycleMemory =>
  followRecycle(waitingFor(WALL_MS - lateMs), aged(ageMs), next(nextInMs), WISH, at(0));

describe("a broadcast's age", () => {
  it('begins when it goes on air', () => {
    expect(followBroadcast(null, false, at(0))).toBeNull();
    const begun = followBroadcast(null, true, at(0));
    expect(broadcastAgeMs(begun, at(0))).toBe(0);
    expect(broadcastAgeMs(followBroadcast(begun, true, at(30_000)), at(30_000))).toBe(30_000);
  });

  it.each([
    ['goes on through a gap of less than a minute', 59_999, HOUR_MS + 59_999],
    ['begins anew after a gap of a minute', 60_000, 0],
    ['begins anew after a gap of an hour', HOUR_MS, 0],
  ])('%s', (_, gapMs, ageMs) => {
    const before = aged(HOUR_MS);
    const within = followBroadcast(before, false, at(gapMs - 1));
    expect(within).toEqual(before);
    const after = followBroadcast(within, true, at(gapMs));
    expect(broadcastAgeMs(after, at(gapMs))).toBe(ageMs);
  });

  it('is nothing once it has been off air for a minute', () => {
    expect(broadcastAgeMs(aged(HOUR_MS), at(59_999))).toBe(HOUR_MS + 59_999);
    expect(broadcastAgeMs(aged(HOUR_MS), at(60_000))).toBe(0);
    expect(broadcastAgeMs(null, at(0))).toBe(0);
  });

  it('takes no notice of the wall clock', () => {
    const stepped: Moment = { ...at(1_000), wallMs: WALL_MS + HOUR_MS };
    expect(broadcastAgeMs(followBroadcast(aged(HOUR_MS), true, stepped), stepped)).toBe(HOUR_MS + 1_000);
  });
});

describe('a firing', () => {
  it('ends a broadcast that would be too long at the next one', () => {
    expect(fire(11 * HOUR_MS, DAY_MS)).toEqual({
      dueWallMs: WALL_MS + DAY_MS,
      dueFor: NAME,
      pausedUntilMs: NOW_MS + 90_000,
      resumedAtMs: null,
    });
  });

  it('is skipped while the broadcast stays short enough until the next one, to the millisecond', () => {
    const ageMs = 3 * HOUR_MS;
    expect(fire(ageMs, LONGEST_BROADCAST_MS - ageMs - 1)).toMatchObject({ pausedUntilMs: null });
    expect(fire(ageMs, LONGEST_BROADCAST_MS - ageMs)).toMatchObject({ pausedUntilMs: NOW_MS + 90_000 });
  });

  it('every four hours ends the broadcast at every second one', () => {
    let tally = NO_RECYCLE;
    let broadcast: BroadcastMemory | null = null;
    const pauses: number[] = [];
    for (let ms = 0; ms < 2 * DAY_MS; ms += 10_000) {
      const now = at(ms);
      const before = tally;
      tally = followRecycle(tally, broadcast, next(4 * HOUR_MS - (ms % (4 * HOUR_MS)), now), WISH, now);
      broadcast = followBroadcast(broadcast, !isPaused(tally, now), now);
      if (isPaused(tally, now) && !isPaused(before, now)) pauses.push(ms / HOUR_MS);
    }
    expect(pauses).toEqual([8, 16, 24, 32, 40]);
  });

  it.each([
    ['that is not yet due does nothing', -1, null],
    ['that is due pauses', 0, NOW_MS + 90_000],
    ['missed by less than ten minutes is made up for', 10 * MINUTE_MS - 1, NOW_MS + 90_000],
    ['missed by hours is made up for while that saves the broadcast', 3 * HOUR_MS, NOW_MS + 90_000],
  ])('%s', (_, lateMs, pausedUntilMs) => {
    const tally = fire(12 * HOUR_MS - 1, DAY_MS, lateMs);
    expect(tally.pausedUntilMs).toBe(pausedUntilMs);
    expect(tally.dueWallMs).toBe(WALL_MS + DAY_MS);
  });

  it.each([
    ['missed by less than ten minutes is made up for', 10 * MINUTE_MS - 1, NOW_MS + 90_000],
    ['missed by ten minutes is let go', 10 * MINUTE_MS, null],
  ])('for a broadcast that is lost anyway, %s', (_, lateMs, pausedUntilMs) => {
    const tally = fire(12 * HOUR_MS, DAY_MS, lateMs);
    expect(tally.pausedUntilMs).toBe(pausedUntilMs);
    expect(tally.dueWallMs).toBe(WALL_MS + DAY_MS);
  });

  it('does nothing where nothing is on air', () => {
    const offAir = aged(11 * HOUR_MS, at(-2 * MINUTE_MS));
    const tally = followRecycle(waitingFor(WALL_MS), offAir, next(DAY_MS), WISH, at(0));
    expect(tally).toEqual(waitingFor(WALL_MS + DAY_MS));
    expect(followRecycle(waitingFor(WALL_MS), null, next(DAY_MS), WISH, at(0)).pausedUntilMs).toBeNull();
  });

  it.each([
    ['another expression', '0 5 * * * UTC'],
    ['another zone', '0 4 * * * Asia/Tokyo'],
  ])('of a file that was edited to %s while no daemon ran does nothing', (_, name) => {
    const tally = followRecycle(
      waitingFor(WALL_MS - MINUTE_MS),
      aged(11 * HOUR_MS),
      { ...next(HOUR_MS), name },
      WISH,
      at(0),
    );
    expect(tally).toEqual({ ...waitingFor(WALL_MS + HOUR_MS), dueFor: name });
  });

  it('is waited for by the first daemon that hears of it, and does not come at once', () => {
    expect(followRecycle(NO_RECYCLE, aged(20 * HOUR_MS), next(HOUR_MS), WISH, at(0))).toEqual(
      waitingFor(WALL_MS + HOUR_MS),
    );
  });

  it('is not lost while the schedule still names it in the pass in which it is due', () => {
    const due = WALL_MS + 5;
    const late = at(10);
    const first = followRecycle(
      waitingFor(due),
      aged(11 * HOUR_MS),
      { name: NAME, nextWallMs: due, followingWallMs: due + DAY_MS },
      WISH,
      late,
    );
    const second = followRecycle(first, aged(11 * HOUR_MS), next(DAY_MS), WISH, at(1_000));
    expect(isPaused(second, at(1_000))).toBe(true);
  });

  it('does not come twice when the clock is set back an hour during the pause', () => {
    const paused = fire(11 * HOUR_MS, DAY_MS);
    const back: Moment = { ...at(91_000), wallMs: WALL_MS - HOUR_MS };
    const resumed = followRecycle(paused, aged(0, back), next(HOUR_MS, back), WISH, back);
    expect(isPaused(resumed, back)).toBe(false);
    const again: Moment = { ...at(91_000 + HOUR_MS), wallMs: WALL_MS };
    const young: BroadcastMemory = { sinceMs: back.monoMs, seenMs: again.monoMs };
    const soon: RecycleSchedule = {
      name: NAME,
      nextWallMs: WALL_MS + 6 * HOUR_MS,
      followingWallMs: WALL_MS + 12 * HOUR_MS,
    };
    expect(followRecycle(resumed, young, soon, WISH, again).pausedUntilMs).toBeNull();
  });

  it('still waits for what is due when the clock is set back an hour before it', () => {
    const back: Moment = { ...at(0), wallMs: WALL_MS - HOUR_MS };
    const due = WALL_MS + MINUTE_MS;
    const schedule: RecycleSchedule = { name: NAME, nextWallMs: due, followingWallMs: due + DAY_MS };
    expect(followRecycle(waitingFor(due), aged(10 * HOUR_MS), schedule, WISH, back)).toEqual(waitingFor(due));
  });
});

describe('a pause', () => {
  const paused = fire(11 * HOUR_MS, DAY_MS);
  const follow = (ms: number, spec: DesiredSpec | null = WISH, schedule: RecycleSchedule | null = next(DAY_MS)) =>
    followRecycle(paused, aged(11 * HOUR_MS), schedule, spec, at(ms));

  it('lasts as long as wished, by the monotonic clock', () => {
    expect(isPaused(follow(89_999), at(89_999))).toBe(true);
    expect(isPaused(follow(90_000), at(90_000))).toBe(false);
    expect(isPaused(paused, { ...at(1_000), wallMs: WALL_MS + DAY_MS })).toBe(true);
  });

  it('is followed by fifteen seconds of coming back', () => {
    const over = follow(90_000);
    expect(over).toEqual({ ...waitingFor(WALL_MS + DAY_MS), resumedAtMs: NOW_MS + 90_000 });
    expect(isComingBack(over, at(90_000))).toBe(true);
    expect(isComingBack(over, at(104_999))).toBe(true);
    expect(isComingBack(over, at(105_000))).toBe(false);
    expect(isComingBack(NO_RECYCLE, at(0))).toBe(false);
  });

  it.each<readonly [string, DesiredSpec | null, RecycleSchedule | null]>([
    ['the file is gone for good', null, next(DAY_MS)],
    ['running: false is wished', { ...WISH, running: false }, next(DAY_MS)],
    ['no recycling is wished any more', { ...WISH, recycle: null }, null],
    ['the expression never fires', WISH, null],
  ])('ends at once when %s', (_, spec, schedule) => {
    expect(follow(1_000, spec, schedule)).toEqual(NO_RECYCLE);
  });

  it('goes on when only the time of the next firing changes', () => {
    expect(follow(1_000, WISH, next(HOUR_MS))).toEqual({ ...paused, dueWallMs: WALL_MS + HOUR_MS });
  });

  it('survives the daemon, as the rest of the memory does', () => {
    const kept = JSON.parse(JSON.stringify(paused)) as RecycleMemory;
    expect(isPaused(followRecycle(kept, null, next(DAY_MS), WISH, at(30_000)), at(30_000))).toBe(true);
  });
});

describe("a broadcast's age, seen by the planner", () => {
  const lookedLast = (agoMs: number): TestWorld =>
    mutate(
      healthyWorld(),
      recycleWished({ nextInMs: DAY_MS }),
      talliesAre({ broadcast: { sinceMs: NOW_MS - 95 * MINUTE_MS, seenMs: NOW_MS - agoMs } }),
    );

  it('goes on while no daemon looked for a moment', () => {
    expect(planOf(lookedLast(59_000)).memory.broadcast).toEqual({ sinceMs: NOW_MS - 95 * MINUTE_MS, seenMs: NOW_MS });
  });

  it('is that of the uplink where the memory is lost', () => {
    const world = mutate(
      lookedLast(0),
      talliesAre({ broadcast: null }),
      uplinkIs({ startedAtMs: NOW_MS - 3 * HOUR_MS }),
    );
    expect(planOf(world).memory.broadcast).toEqual({ sinceMs: NOW_MS - 3 * HOUR_MS, seenMs: NOW_MS });
    expect(planOf(mutate(world, uplinkConnecting(2_000))).memory.broadcast).toBeNull();
  });

  it('begins anew after a suspension of a minute, which the monotonic clock does not count, though the uplink is the same', () => {
    const suspended = (ms: number): TestWorld => {
      const world = lookedLast(1_000);
      return { ...world, observation: { ...world.observation, suspendedMs: 5_000 + ms } };
    };
    const ageAfter = (ms: number): number => {
      const { broadcast } = planOf(mutate(suspended(ms), talliesAre({ suspendedMs: 5_000 }))).memory;
      return broadcast === null ? 0 : NOW_MS - broadcast.sinceMs;
    };
    expect(ageAfter(59_000)).toBe(95 * MINUTE_MS);
    expect(ageAfter(60_000)).toBe(0);
  });

  it('goes on while no daemon looked for minutes, as the uplink is the same', () => {
    expect(planOf(lookedLast(10 * MINUTE_MS)).memory.broadcast).toEqual({
      sinceMs: NOW_MS - 95 * MINUTE_MS,
      seenMs: NOW_MS,
    });
  });
});
