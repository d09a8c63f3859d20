import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';
import { arrivalGaps, mediaGaps } from '../fixtures/stream-analysis.ts';
import { processTree } from '../fixtures/workspace.ts';
import { inStudio } from './in-studio.ts';
import { currentSession, firstPicture, type Studio, videoAdvances } from './studio.ts';

const live = (daemon: Daemon): Promise<HealthBody> =>
  healthEventually(daemon, ({ status, playout }) => status === 'live' && playout !== null, { what: 'live' });

async function onAir(studio: Studio): Promise<{ readonly daemon: Daemon; readonly report: HealthBody }> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4' });
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  return { daemon, report: await live(daemon) };
}

/** The next daemon takes over what the first left playing, and the ingest notices nothing of the whole affair. */
async function expectAdoption(studio: Studio, before: HealthBody): Promise<void> {
  const session = currentSession(studio.sink);
  await videoAdvances(session, 3000);
  const next = await studio.start();
  const after = await live(next);
  expect(after.uplink?.pid).toBe(before.uplink?.pid);
  expect(after.playout?.pid).toBe(before.playout?.pid);
  expect(after.restarts.count).toBe(0);
  await videoAdvances(session, 2000);
  expect(studio.sink.sessions).toHaveLength(1);
  expect(arrivalGaps(session, MACHINE_PAUSE_MS)).toEqual([]);
  expect(mediaGaps(session, 'video', 100)).toEqual([]);
  // It is in charge, not only watching.
  await studio.upload('blue.mp4', { color: 'blue', seconds: 60 });
  studio.wish({ media: 'blue.mp4' });
  await healthEventually(next, ({ status, playout }) => status === 'live' && playout?.item === 'blue.mp4', {
    what: 'the next wish',
  });
  expect(studio.sink.sessions).toHaveLength(1);
}

inStudio.concurrent('SIGHUP hands the stream over: exit 75, and the next daemon adopts it', async ({ studio }) => {
  const { daemon, report } = await onAir(studio);
  daemon.kill('SIGHUP');
  expect(await daemon.exited).toEqual({ code: 75, signal: null });
  await expectAdoption(studio, report);
});

inStudio.concurrent.for(['SIGTERM', 'SIGINT'] as const)(
  '%s takes the stream off air and leaves nothing behind',
  async (signal, { studio }) => {
    const { daemon } = await onAir(studio);
    const atMs = performance.now();
    daemon.kill(signal);
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - atMs).toBeLessThan(withRoom(5000));
    await eventually(() => expect(studio.sink.publishers).toBe(0));
    expect(daemon.runs()).toEqual([]);
    const left = readdirSync(studio.stateDir).filter((name) => /\.(?:pid|progress)$/.test(name));
    expect(left).toEqual([]);
    expect(daemon.stderr).toBe('');
  },
);

inStudio.concurrent('PID files name the processes on air', async ({ studio }) => {
  const { report } = await onAir(studio);
  const pid = (name: string): string => readFileSync(join(studio.stateDir, name), 'utf8');
  expect(pid('uplink.pid')).toBe(`${report.uplink?.pid}\n`);
  expect(pid('playout.pid')).toBe(`${report.playout?.pid}\n`);
  expect(processTree(report.uplink?.pid ?? 0)[0]?.command).toContain('ffmpeg');
  expect(processTree(report.playout?.pid ?? 0)[0]?.command).toContain('ffmpeg');
  await eventually(() => expect(pid('next.pid')).toMatch(/^\d+\n$/));
});
