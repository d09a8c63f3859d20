import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { inStudio } from './in-studio.ts';
import { colours, currentSession, firstPicture, onAirWith, type Studio, videoAdvances } from './studio.ts';
import { withRoom } from '../fixtures/room.ts';

const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);
const HOUR_MS = 3_600_000;
/** Every day, twelve hours from now: no firing comes while the test runs. */
const halfADayAway = (): string => `0 ${(new Date().getUTCHours() + 12) % 24} * * *`;

interface Kept {
  readonly tallies: {
    readonly recycle: { readonly dueWallMs: number | null };
    readonly broadcast: { readonly sinceMs: number; readonly seenMs: number } | null;
  };
}
const statePathOf = (studio: Studio): string => join(studio.stateDir, 'stream_state.json');
const keptOf = (studio: Studio): Kept => JSON.parse(readFileSync(statePathOf(studio), 'utf8')) as Kept;

/** The stream is on air without a daemon, its broadcast is so old, and what was waited for comes in so long. */
async function leaveOnAir(studio: Studio, daemon: Daemon, ageMs: number, dueInMs: number): Promise<void> {
  await eventually(() => {
    expect(keptOf(studio).tallies.recycle.dueWallMs).not.toBeNull();
    expect(keptOf(studio).tallies.broadcast).not.toBeNull();
  });
  daemon.kill('SIGHUP');
  expect(await daemon.exited).toEqual({ code: 75, signal: null });
  const { tallies, ...rest } = keptOf(studio);
  const nowMs = monotonicMs();
  const changed = {
    ...tallies,
    recycle: { ...tallies.recycle, dueWallMs: Date.now() + dueInMs },
    broadcast: { sinceMs: nowMs - ageMs, seenMs: nowMs },
  };
  writeFileSync(statePathOf(studio), JSON.stringify({ ...rest, tallies: changed }));
}

async function onAir(studio: Studio, pause = '10s'): Promise<Daemon> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4', recycle: `'${halfADayAway()}'`, recycle_pause: pause });
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await onAirWith(daemon, 'red.mp4');
  return daemon;
}

/** What `/health` says, each time it says something else, until `end` is true. */
async function watchHealth(daemon: Daemon, end: () => boolean): Promise<readonly string[]> {
  const told: string[] = [];
  await eventually(
    async () => {
      const { status, text } = await daemon.rawHealth();
      const { status: word, reason } = JSON.parse(text) as { readonly status: string; readonly reason: string };
      const line = `${status} ${word} ${reason}`;
      if (told.at(-1) !== line) told.push(line);
      if (!end()) throw new Error(told.join(', '));
    },
    { timeoutMs: 60_000, everyMs: 50, what: 'the next broadcast' },
  );
  return told;
}

inStudio.concurrent(
  'a broadcast that is due ends, stays off air for the pause, and the next one begins, with no alarm',
  async ({ studio }) => {
    await leaveOnAir(studio, await onAir(studio), 11 * HOUR_MS, 0);
    const first = currentSession(studio.sink);
    const daemon = await studio.start();
    let live = false;
    await healthEventually(daemon, ({ reason }) => reason === 'Recycling', { what: 'the pause' });
    const told = await watchHealth(daemon, () => {
      const next = studio.sink.sessions[1];
      live ||= next !== undefined && next.messages.some(({ frame }) => frame);
      return live;
    });
    expect(told.filter((line) => !/^200 (?:stopped Recycling|live OnAir)$/.test(line))).toEqual([]);
    await onAirWith(daemon, 'red.mp4');
    const second = currentSession(studio.sink);
    expect(studio.sink.sessions).toHaveLength(2);
    const offAirMs = second.openedAtMs - (first.closedAtMs ?? Infinity);
    expect(offAirMs).toBeGreaterThan(8_000);
    expect(offAirMs).toBeLessThan(withRoom(10_000));
    await videoAdvances(second, 2_000);
    expect(new Set(await colours(second))).toEqual(new Set(['red']));
    // It does not come again.
    expect(keptOf(studio).tallies.recycle).toMatchObject({ pausedUntilMs: null });
    expect(keptOf(studio).tallies.recycle.dueWallMs).toBeGreaterThan(Date.now() + 10 * HOUR_MS);
  },
);

inStudio.concurrent('a daemon that comes in mid-pause keeps to it', { tags: 'long' }, async ({ studio }) => {
  // Long enough for a daemon to come in on a busy machine, too.
  await leaveOnAir(studio, await onAir(studio, '30s'), 11 * HOUR_MS, 0);
  const second = await studio.start();
  await eventually(() => expect(studio.sink.publishers).toBe(0), { what: 'the pause' });
  await healthEventually(second, ({ reason, uplink }) => reason === 'Recycling' && uplink === null, {
    what: 'the pause',
  });
  second.kill('SIGKILL');
  await second.exited;
  const third = await studio.start();
  const { reason } = await healthEventually(third, (report) => report.reason !== 'Starting', {
    what: 'its first look',
  });
  expect(reason).toBe('Recycling');
  await firstPicture(studio.sink, 1, 60_000);
  await onAirWith(third, 'red.mp4');
  const [before, after] = studio.sink.sessions;
  expect((after?.openedAtMs ?? 0) - (before?.closedAtMs ?? 0)).toBeGreaterThan(28_000);
});

inStudio.concurrent('running: false ends the pause, true begins at once', async ({ studio }) => {
  await leaveOnAir(studio, await onAir(studio, '120s'), 11 * HOUR_MS, 0);
  const daemon = await studio.start();
  await healthEventually(daemon, ({ reason, uplink }) => reason === 'Recycling' && uplink === null, {
    what: 'the pause',
  });
  studio.wish({ media: 'red.mp4', running: 'false' });
  await healthEventually(daemon, ({ status, reason }) => status === 'stopped' && reason === 'StoppedByFile', {
    what: 'a stop by the file',
  });
  studio.wish({ media: 'red.mp4' });
  await firstPicture(studio.sink, 1);
  await onAirWith(daemon, 'red.mp4');
});

inStudio.concurrent('a young broadcast outlasts a firing, whose follower comes in time', async ({ studio }) => {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  const hour = new Date().getUTCHours();
  const often = `0 ${[2, 8, 14, 20]
    .map((ahead) => (hour + ahead) % 24)
    .toSorted((a, b) => a - b)
    .join(',')} * * *`;
  studio.wish({ media: 'red.mp4', recycle: `'${often}'`, recycle_pause: '10s' });
  const before = await studio.start();
  await firstPicture(studio.sink);
  await onAirWith(before, 'red.mp4');
  await leaveOnAir(studio, before, HOUR_MS, 0);
  const daemon = await studio.start();
  await onAirWith(daemon, 'red.mp4');
  await videoAdvances(currentSession(studio.sink), 5_000);
  expect(studio.sink.sessions).toHaveLength(1);
  const { conditions } = await daemon.health();
  expect(conditions.find(({ type }) => type === 'BroadcastCountable')).toMatchObject({
    status: 'True',
    reason: 'RecycleScheduled',
  });
  expect(keptOf(studio).tallies.broadcast?.sinceMs).toBeLessThan(monotonicMs() - HOUR_MS);
});
