import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as proc from '../../../src/system/proc.ts';
import { SuspensionClock } from '../../../src/observe/clock/suspension.ts';

/** What the two files say, in milliseconds; null = they cannot be read. */
const files = vi.hoisted(() => ({ uptimeMs: 0 as number | null, startedMs: 0 as number | null }));

vi.mock('../../../src/system/proc.ts', async (importOriginal) => {
  const text = (path: string): string | null => {
    if (path === '/proc/uptime') return files.uptimeMs === null ? null : `${files.uptimeMs / 1_000} 1.00\n`;
    if (path !== '/proc/self/stat' || files.startedMs === null) return null;
    return `7 (node) S ${Array(18).fill(0).join(' ')} ${files.startedMs / 10} 0\n`;
  };
  const readProc = (path: string): proc.Read => {
    const found = text(path);
    return found === null ? { kind: 'refused', code: 'EIO', why: 'no' } : { kind: 'text', text: found };
  };
  return { ...(await importOriginal<typeof proc>()), readProc };
});

const HOUR_MS = 3_600_000;
/** On the monotonic clock: this process started, and then time went by. */
const STARTED_MS = 2 * HOUR_MS;
const nowMs = (afterMs: number): number => STARTED_MS + afterMs;

beforeEach(() => {
  // Suspended for an hour before this process started.
  files.startedMs = STARTED_MS + HOUR_MS;
  files.uptimeMs = STARTED_MS + HOUR_MS;
});

describe('the clock that counts suspension', () => {
  it('counts what came before this process, and what comes after', () => {
    const clock = new SuspensionClock(STARTED_MS, 0);
    expect(clock.look(nowMs(0))).toBe(HOUR_MS);
    files.uptimeMs = STARTED_MS + HOUR_MS + 10_000;
    expect(clock.look(nowMs(10_000))).toBe(HOUR_MS);
    files.uptimeMs += HOUR_MS;
    expect(clock.look(nowMs(10_000))).toBe(2 * HOUR_MS);
  });

  it.each([5 * 60_000, 90 * 24 * HOUR_MS])('believes only the growth of an uptime of another clock: %d ms', (ageMs) => {
    files.uptimeMs = ageMs;
    const clock = new SuspensionClock(STARTED_MS, 0);
    expect(clock.look(nowMs(0))).toBe(HOUR_MS);
    files.uptimeMs = ageMs + 60_000;
    expect(clock.look(nowMs(50_000))).toBe(HOUR_MS + 10_000);
  });

  it('never counts back, as with an uptime that stands still', () => {
    files.uptimeMs = 1_000;
    const clock = new SuspensionClock(STARTED_MS, 0);
    clock.look(nowMs(0));
    expect(clock.look(nowMs(HOUR_MS))).toBe(HOUR_MS);
  });

  it('goes on from what it knew where a read fails, and makes up for it with the next', () => {
    const clock = new SuspensionClock(STARTED_MS, 0);
    files.uptimeMs = null;
    expect(clock.look(nowMs(0))).toBe(HOUR_MS);
    files.uptimeMs = STARTED_MS + HOUR_MS + 30_000;
    expect(clock.look(nowMs(1_000))).toBe(HOUR_MS + 29_000);
  });

  it('knows nothing where nothing can be read', () => {
    Object.assign(files, { uptimeMs: null, startedMs: null });
    const clock = new SuspensionClock(STARTED_MS, 0);
    expect(clock.look(nowMs(0))).toBeNull();
    files.uptimeMs = STARTED_MS + HOUR_MS;
    expect(clock.look(nowMs(0))).toBe(HOUR_MS);
  });
});
