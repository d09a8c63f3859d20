import { beforeEach, describe, expect, it } from 'vitest';
import { healthBody } from '../../src/health/body.ts';
import type { HistoryLine } from '../../src/history/line.ts';
import { HistoryRecorder } from '../../src/history/recorder.ts';
import { timelineOf } from '../../src/history/timeline.ts';
import type { Memory } from '../../src/reconcile/model/memory.ts';
import { known, unknown } from '../../src/reconcile/model/observed.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import {
  desiredOk,
  healthyWorld,
  itemAt,
  planOf,
  playoutRun,
  SPEC,
  type TestWorld,
  uplinkRun,
} from '../reconcile/world-builder.ts';

const HOUR_MS = 3_600_000;
const MB = 1_000_000;

/** A disk, and the daemons that follow one another on it. */
let disk: { lines: string[]; older: string[]; full: boolean };
let memory: Memory;
let atMs: number;
let suspendedMs: number;
let boot: string;
let clockOffMs: number;
let log: HistoryRecorder;

beforeEach(() => {
  disk = { lines: [], older: [], full: false };
  memory = healthyWorld().memory;
  atMs = 0;
  suspendedMs = 0;
  boot = 'boot-one';
  clockOffMs = 0;
  log = daemon();
});

function daemon(lastProgressWallMs: number | null = null, countsFetches = true): HistoryRecorder {
  return new HistoryRecorder({
    bootId: boot,
    countsFetches,
    lastProgressWallMs,
    store: {
      load: (name) => (name === 'history.jsonl' ? disk.lines : disk.older).join('\n'),
      appendHistory: (line) => {
        if (disk.full) return 'ENOSPC';
        disk.lines.push(line);
        return null;
      },
    },
  });
}

const lines = (): HistoryLine[] => disk.lines.map((text) => JSON.parse(text) as HistoryLine);
const events = (): string[] => lines().map(({ event }) => event);
const last = (): HistoryLine | undefined => lines().at(-1);

const ON: TestWorld = healthyWorld();
const base = ON.now;
const withRuns = (uplinks: ReturnType<typeof uplinkRun>[], playouts: ReturnType<typeof playoutRun>[]): TestWorld => ({
  ...ON,
  observation: { ...ON.observation, runs: known({ uplinks, playouts }) },
});
const OFF = withRuns([], []);
const UNSEEN: TestWorld = { ...ON, observation: { ...ON.observation, runs: unknown('no /proc') } };
const STOPPED: TestWorld = {
  ...OFF,
  observation: { ...OFF.observation, desired: desiredOk({ ...SPEC, running: false }, 'bbbbbbbbbbbb') },
};

const KEYLESS: TestWorld = {
  ...OFF,
  observation: { ...OFF.observation, obstacles: [{ reason: 'StreamKeyMissing', message: 'no stream key' }] },
};

/** Whatever it says of its runs, they were seen to move just now. */
function freshened(world: TestWorld, nowMs: number): TestWorld {
  const { runs } = world.observation;
  if (runs.kind !== 'known') return world;
  const fresh = <T extends { readonly progress: object | null }>(run: T): T =>
    run.progress === null ? run : { ...run, progress: { ...run.progress, advancedAtMs: nowMs - 100 } };
  const value = { uplinks: runs.value.uplinks.map(fresh), playouts: runs.value.playouts.map(fresh) };
  return { ...world, observation: { ...world.observation, runs: known(value) } };
}

/** A pass over this world, so long after the one before. */
function pass(world: TestWorld, afterMs = 1_000): readonly (string | null)[] {
  atMs += afterMs;
  const now = { monoMs: base.monoMs + atMs - suspendedMs, wallMs: base.wallMs + atMs + clockOffMs, nonce: 'n' };
  const seen = freshened(world, now.monoMs);
  const observation = { ...seen.observation, suspendedMs };
  const plan = planOf({ ...seen, observation, memory, now });
  const each: Pass = { observation, plan, before: memory, now, results: [] };
  memory = plan.memory;
  return log.record(each, healthBody(each, '1.2.3'));
}

const sent = (runId: string, totalBytes: number): ReturnType<typeof uplinkRun> => {
  const run = uplinkRun({ runId });
  return run.progress === null ? run : { ...run, progress: { ...run.progress, totalBytes } };
};
const rain = (runId: string, outTimeMs: number): ReturnType<typeof playoutRun> =>
  playoutRun(itemAt('rain.mp4', 0), { runId }, outTimeMs);

describe('the history a daemon writes', () => {
  it('has a line per change, and one an hour between, none per pass', () => {
    for (let n = 0; n < 5; n += 1) pass(ON);
    expect(events()).toEqual(['on-air']);
    pass(ON, HOUR_MS);
    pass(ON);
    pass(OFF);
    pass(OFF);
    pass(ON);
    expect(events()).toEqual(['on-air', 'still-on-air', 'off-air', 'on-air']);
    expect(lines()[0]).toMatchObject({
      reason: 'OnAir',
      item: 'rain.mp4',
      boot: 'boot-one',
      uptimeMs: base.monoMs + 1_000,
    });
    expect(lines()[2]).toMatchObject({ lastOnAirAgoMs: 1_000 });
  });

  it('says nothing of what nobody could see', () => {
    pass(ON);
    pass(UNSEEN);
    pass(ON);
    expect(events()).toEqual(['on-air']);
  });

  it('tells a wish from the trouble that comes after it, and takes coming back for a part of the wish', () => {
    pass(ON);
    pass(STOPPED);
    pass(STOPPED);
    pass(OFF);
    expect(events()).toEqual(['on-air', 'off-air']);
    pass(KEYLESS, 60_000);
    pass(OFF);
    pass(ON);
    expect(events()).toEqual(['on-air', 'off-air', 'off-air', 'on-air']);
    expect([lines()[1]?.reason, lines()[2]?.reason]).toEqual(['StoppedByFile', 'StreamKeyMissing']);
  });

  it('keeps what a full disk refuses, in order and with its own time, until there is room', () => {
    pass(ON);
    disk.full = true;
    expect(pass(OFF)).toEqual(['ENOSPC']);
    expect(pass(ON, 60_000)).toEqual(['ENOSPC']);
    disk.full = false;
    expect(pass(ON, 60_000)).toEqual([null, null]);
    expect(events()).toEqual(['on-air', 'off-air', 'on-air']);
    const [, off, on] = lines();
    expect(Date.parse(on?.at ?? '') - Date.parse(off?.at ?? '')).toBe(60_000);
  });

  it('counts what is sent, over uplinks and daemons, each byte once', () => {
    pass(withRuns([sent('u1', 10 * MB)], [rain('p1', 1_000)]));
    pass(withRuns([sent('u1', 60 * MB)], [rain('p1', 2_000)]));
    pass(OFF);
    expect(last()).toMatchObject({ event: 'off-air', sentBytes: 50 * MB, uplink: { run: 'u1', bytes: 60 * MB } });
    pass(withRuns([sent('u2', 5 * MB)], [rain('p1', 3_000)]));
    expect(last()).toMatchObject({ event: 'on-air', sentBytes: 5 * MB });
    pass(withRuns([sent('u2', 20 * MB)], [rain('p1', 4_000)]));
    log.leave();
    expect(last()).toMatchObject({ event: 'still-on-air', sentBytes: 15 * MB });
    log = daemon();
    pass(withRuns([sent('u2', 100 * MB)], [rain('p1', 5_000)]), 2 * HOUR_MS);
    log.leave();
    expect(lines().reduce((sum, line) => sum + (line.sentBytes ?? 0), 0)).toBe((50 + 100) * MB);
  });

  it('estimates what is fetched by the part of the item that was played, and nothing of a local directory', () => {
    // 225 MB in ten minutes: 375 kB a second.
    pass(withRuns([sent('u1', MB)], [rain('p1', 0)]));
    pass(withRuns([sent('u1', MB)], [rain('p1', 60_000)]));
    pass(withRuns([sent('u1', MB)], [rain('p2', 20_000)]));
    log.leave();
    expect(last()).toMatchObject({ fetchedBytes: 30 * MB });
    const before = lines().length;
    log = daemon(null, false);
    pass(withRuns([sent('u1', MB)], [rain('p2', 600_000)]), HOUR_MS);
    log.leave();
    expect(
      lines()
        .slice(before)
        .map(({ fetchedBytes }) => fetchedBytes),
    ).toEqual([0, 0]);
  });

  it('does not count what an uplink had sent before anything was counted', () => {
    disk.lines.push('{"at":"2026-01-02T01:00:00.000Z","event":"on-air","reason":"OnAir","item":null}');
    pass(withRuns([sent('u1', 900 * MB)], [rain('p1', 1_000)]));
    pass(withRuns([sent('u1', 910 * MB)], [rain('p1', 2_000)]));
    log.leave();
    expect(lines().slice(1)).toMatchObject([{ event: 'still-on-air', sentBytes: 10 * MB }]);
  });
});

describe('the history over the end of a daemon', () => {
  it('says nothing where the next one finds the stream on air, hours later', () => {
    pass(ON);
    log = daemon();
    pass(ON, 5 * HOUR_MS);
    expect(events()).toEqual(['on-air', 'still-on-air']);
  });

  it('says when the stream was last seen, where both died together', () => {
    pass(ON);
    pass(ON);
    log = daemon();
    pass(OFF, 3 * HOUR_MS);
    expect(events()).toEqual(['on-air', 'off-air']);
    expect(last()).toMatchObject({
      lastOnAirAgoMs: 3 * HOUR_MS,
      why: 'no daemon ran: the service or the machine was down',
    });
  });

  it('goes by the uplink where it outlived the daemon, but not to the end', () => {
    pass(ON);
    const diedWallMs = base.wallMs + atMs + 2 * HOUR_MS;
    log = daemon(diedWallMs);
    pass(OFF, 3 * HOUR_MS);
    expect(last()).toMatchObject({ event: 'off-air', lastOnAirAgoMs: HOUR_MS });
  });

  it('says nothing more where the stream was off air before', () => {
    pass(ON);
    pass(STOPPED);
    log = daemon();
    pass(STOPPED, HOUR_MS);
    expect(events()).toEqual(['on-air', 'off-air']);
  });

  it('goes by the older file while the newer one is not there yet', () => {
    pass(ON);
    disk.older = disk.lines;
    disk.lines = [];
    log = daemon();
    pass(ON);
    expect(events()).toEqual([]);
  });

  it('of one that ends with the stream on air leaves what was counted, once', () => {
    pass(ON);
    expect(log.leave()).toEqual([null]);
    expect(events()).toEqual(['on-air', 'still-on-air']);
    log = daemon();
    pass(STOPPED);
    expect(log.leave()).toEqual([]);
  });
});

describe('the history and the clocks', () => {
  it('keeps a stretch as long as it was when the wall clock is set, and puts it where the new time has it', () => {
    pass(ON);
    clockOffMs = -2 * HOUR_MS;
    pass(ON, HOUR_MS / 2);
    pass(OFF);
    const nowMs = base.wallMs + atMs + clockOffMs;
    const { stretches } = timelineOf(lines(), nowMs, nowMs);
    expect(stretches.map(({ fromMs, toMs }) => [nowMs - fromMs, toMs - fromMs])).toEqual([
      [HOUR_MS / 2 + 1_000, HOUR_MS / 2],
    ]);
  });

  it('takes the time a machine was suspended for off air', () => {
    pass(ON);
    pass(ON);
    suspendedMs = 3 * HOUR_MS;
    pass(ON, 3 * HOUR_MS + 1_000);
    expect(lines().map(({ event, reason }) => `${event} ${reason}`)).toEqual([
      'on-air OnAir',
      'off-air Suspended',
      'on-air OnAir',
    ]);
    const nowMs = base.wallMs + atMs;
    const { gaps } = timelineOf(lines(), nowMs, nowMs);
    expect(gaps.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual([3 * HOUR_MS + 1_000]);
  });
});
