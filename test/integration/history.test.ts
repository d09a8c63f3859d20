import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HistoryLine } from '../../src/history/line.ts';
import { streamctl } from '../cli/streamctl.ts';
import type { Daemon } from '../fixtures/daemon.ts';
import { inStudio } from './in-studio.ts';
import { currentSession, firstPicture, onAirWith, type Studio, videoAdvances } from './studio.ts';

const historyOf = (studio: Studio): HistoryLine[] =>
  readFileSync(join(studio.stateDir, 'history.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryLine);
const eventsOf = (studio: Studio): string[] => historyOf(studio).map(({ event }) => event);

async function redOnAir(studio: Studio): Promise<Daemon> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4' });
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await onAirWith(daemon, 'red.mp4');
  return daemon;
}

interface Report {
  readonly onAirSeconds: number;
  readonly seconds: number;
  readonly interruptions: readonly { readonly seconds: number; readonly planned: boolean }[];
  readonly traffic: { readonly sentBytes: number; readonly fetchedBytes: number };
}

async function reportOf(studio: Studio): Promise<Report> {
  const { code, stdout, stderr } = await streamctl(['report', '--json', '--since', '1h'], {
    env: { STREAM_CONFIG_DIR: studio.configDir },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

inStudio.concurrent(
  'a daemon that dies together with its stream is found out by the next one, which tells when it was',
  async ({ studio }) => {
    const first = await redOnAir(studio);
    await videoAdvances(currentSession(studio.sink), 4_000);
    await first.stop();
    const diedMs = Date.now();
    const alone = await reportOf(studio);
    expect(alone.interruptions).toMatchObject([{ planned: false }]);
    const second = await studio.start();
    await firstPicture(studio.sink, 1);
    await onAirWith(second, 'red.mp4');
    expect(eventsOf(studio)).toEqual(['on-air', 'off-air', 'on-air']);
    const [, off] = historyOf(studio);
    const lastOnAirMs = Date.parse(off?.at ?? '') - (off?.lastOnAirAgoMs ?? Infinity);
    // Everything was dead by then; the last sign of life is the uplink's progress, written twice a second.
    expect(lastOnAirMs).toBeLessThan(diedMs + 500);
    expect(lastOnAirMs).toBeGreaterThan(diedMs - 20_000);
    second.kill('SIGTERM');
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(historyOf(studio).at(-1)).toMatchObject({ event: 'off-air', reason: 'ShuttingDown' });
    const played = await streamctl(['played', '--json'], {
      env: { STREAM_CONFIG_DIR: studio.configDir },
      timeoutMs: 60_000,
    });
    expect(JSON.parse(played.stdout)).toMatchObject([
      { key: 'red.mp4', ended: 'off-air' },
      { key: 'red.mp4', ended: 'off-air' },
    ]);
    const { onAirSeconds, seconds, interruptions } = await reportOf(studio);
    const off1 = interruptions.reduce((sum, each) => sum + each.seconds, 0);
    expect(onAirSeconds + off1).toBeCloseTo(seconds, 1);
    expect(interruptions.map(({ planned }) => planned)).toEqual([false, true]);
  },
);

inStudio.concurrent(
  'bytes are counted once over a hand-over: what the ingest got, and what the store gave',
  async ({ studio }) => {
    const first = await redOnAir(studio);
    await videoAdvances(currentSession(studio.sink), 3_000);
    first.kill('SIGHUP');
    expect(await first.exited).toEqual({ code: 75, signal: null });
    expect(eventsOf(studio)).toEqual(['on-air', 'still-on-air']);
    await videoAdvances(currentSession(studio.sink), 3_000);
    const second = await studio.start();
    await onAirWith(second, 'red.mp4');
    await videoAdvances(currentSession(studio.sink), 3_000);
    second.kill('SIGTERM');
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(eventsOf(studio)).toEqual(['on-air', 'still-on-air', 'off-air']);
    const { traffic } = await reportOf(studio);
    const received = studio.sink.sessions.reduce((sum, { bytes }) => sum + bytes, 0);
    // FFmpeg counts the frame of every FLV tag too, and the last second may be missing.
    expect(traffic.sentBytes).toBeGreaterThan(received * 0.7);
    expect(traffic.sentBytes).toBeLessThan(received * 1.1);
    expect(traffic.fetchedBytes).toBeGreaterThan(0);
  },
);
