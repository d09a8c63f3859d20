import { describe, expect, it } from 'vitest';
import { RecycleClock } from '../../../src/observe/clock/recycle.ts';
import { carriedOn, followBroadcast, LONGEST_BROADCAST_MS } from '../../../src/reconcile/broadcast/age.ts';
import { followRecycle, isPaused } from '../../../src/reconcile/broadcast/recycle.ts';
import { type BroadcastMemory, NO_RECYCLE } from '../../../src/reconcile/model/memory.ts';
import { SPEC } from '../../reconcile/world-builder.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** As if the daemon looked but seldom: a year is long. */
const STEP_MS = 300_000;
const FROM_MS = Date.UTC(2026, 0, 1);

interface Year {
  readonly recycle: string;
  readonly timezone?: string;
  readonly days?: number;
  /** No daemon looks at these moments; the stream plays on. */
  readonly isAbsent?: (atMs: number) => boolean;
  /** How far the wall clock is off. */
  readonly clockOffMs?: (atMs: number) => number;
}

/** Lengths of the broadcasts of a year with this file, as the viewers had them, without the one it began with. */
function broadcastsOf({ recycle: expression, timezone = 'UTC', days = 365, isAbsent, clockOffMs }: Year): number[] {
  const spec = { ...SPEC, recycle: expression, timezone, recyclePauseMs: STEP_MS };
  const clock = new RecycleClock();
  const lengths: number[] = [];
  let recycle = NO_RECYCLE;
  let broadcast: BroadcastMemory | null = null;
  let onAirSinceMs: number | null = 0;
  for (let monoMs = 0; monoMs < days * DAY_MS; monoMs += STEP_MS) {
    if (isAbsent?.(monoMs) === true) continue;
    const wallMs = FROM_MS + monoMs + (clockOffMs?.(monoMs) ?? 0);
    const now = { monoMs, wallMs, nonce: '' };
    const uplink = onAirSinceMs === null ? null : { startedAtMs: onAirSinceMs, progress: null };
    broadcast = carriedOn(broadcast, uplink, 0, now);
    recycle = followRecycle(recycle, broadcast, clock.read(spec, wallMs), spec, now);
    const onAir = !isPaused(recycle, now);
    if (!onAir && onAirSinceMs !== null) lengths.push(monoMs - onAirSinceMs);
    onAirSinceMs = onAir ? (onAirSinceMs ?? monoMs) : null;
    broadcast = followBroadcast(broadcast, onAir, now);
  }
  return lengths.slice(1);
}

const longest = (lengths: readonly number[]): number => Math.max(...lengths) / HOUR_MS;

describe('a year of broadcasts', () => {
  it.each([
    ['0 */8 * * *', 'UTC', 3 * 365 - 2, 8],
    ['0 */8 * * *', 'Europe/Berlin', 3 * 365 - 1, 9],
    ['30 2,10,18 * * *', 'Europe/Berlin', 3 * 365 - 1, 9],
    ['30 2,10,18 * * *', 'America/New_York', 3 * 365 - 1, 9],
    ['15 2,10,18 * * *', 'Australia/Lord_Howe', 3 * 365 - 1, 8.5],
    ['30 0,8,16 * * *', 'America/Santiago', 3 * 365 - 1, 9],
    ['0 */11 * * *', 'UTC', 3 * 365 - 2, 11],
  ])('%s in %s ends one at every firing, and none is too long', (recycle, timezone, count, hours) => {
    const lengths = broadcastsOf({ recycle, timezone });
    expect(Math.abs(lengths.length - count)).toBeLessThanOrEqual(1);
    expect(longest(lengths)).toBeLessThanOrEqual(hours);
    expect(longest(lengths) * HOUR_MS).toBeLessThan(LONGEST_BROADCAST_MS);
  });

  it.each(['Europe/Berlin', 'Asia/Kolkata'])('every hour, in %s, ends them when they are 11 hours old', (timezone) => {
    const lengths = broadcastsOf({ recycle: '0 * * * *', timezone, days: 100 });
    expect(longest(lengths)).toBeLessThanOrEqual(11);
    // The hour that is had twice fires once, so one broadcast of the year ends an hour earlier.
    expect(lengths.filter((ms) => ms < 10.9 * HOUR_MS).length).toBeLessThanOrEqual(2);
  });

  it('is as good with a daemon that is away for three hours whenever one is due', () => {
    const isAbsent = (atMs: number): boolean =>
      atMs % (8 * HOUR_MS) >= 7.9 * HOUR_MS || atMs % (8 * HOUR_MS) < 2.9 * HOUR_MS;
    const lengths = broadcastsOf({
      recycle: '0 */8 * * *',
      days: 60,
      isAbsent: (atMs) => atMs > HOUR_MS && isAbsent(atMs),
    });
    expect(lengths.length).toBeGreaterThanOrEqual(3 * 60 - 5);
    expect(longest(lengths)).toBeLessThan(12);
  });

  it('is as good with a clock that is set an hour ahead and back every day', () => {
    const clockOffMs = (atMs: number): number => (Math.floor(atMs / (5 * HOUR_MS)) % 2) * HOUR_MS;
    const lengths = broadcastsOf({ recycle: '0 */8 * * *', days: 60, clockOffMs });
    expect(longest(lengths) * HOUR_MS).toBeLessThan(LONGEST_BROADCAST_MS);
    expect(lengths.length).toBeLessThan(4 * 60);
  });
});
