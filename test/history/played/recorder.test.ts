import { beforeEach, describe, expect, it } from 'vitest';
import type { PlayedItem } from '../../../src/history/played/line.ts';
import { PlayedRecorder } from '../../../src/history/played/recorder.ts';
import { known, unknown } from '../../../src/reconcile/model/observed.ts';
import type { PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import type { StatusWord } from '../../../src/reconcile/model/status.ts';
import type { Pass } from '../../../src/reconcile/ports.ts';
import { beingStopped, exited } from '../../reconcile/mutations.ts';
import {
  factsOf,
  healthyWorld,
  itemAt,
  mediaTables,
  type Mutation,
  mutate,
  ok,
  planOf,
  playoutRun,
  slateOf,
  SPEC,
  STORE,
  uplinkRun,
  WALL_MS,
} from '../../reconcile/world-builder.ts';

/** A disk, and the daemons that follow one another on it. */
let disk: { lines: string[]; state: string | null; full: boolean };
let recorder: PlayedRecorder;
let second: number;

beforeEach(() => {
  disk = { lines: [], state: null, full: false };
  second = 0;
  recorder = daemon();
});

const daemon = (): PlayedRecorder =>
  new PlayedRecorder({
    load: () => disk.state,
    appendPlayed: (line) => {
      if (disk.full) return 'ENOSPC';
      disk.lines.push(line);
      return null;
    },
  });

const MEDIA = mediaTables({
  'rain.mp4': ok(factsOf('rain.mp4', { title: 'Rain', artist: 'The Clouds' })),
  'snow.mp4': ok(factsOf('snow.mp4')),
});

interface OnAir {
  readonly run: string;
  readonly spec: PlayoutSpec;
  readonly outTimeMs?: number;
  readonly status?: StatusWord;
  readonly changes?: readonly Mutation[];
}

/** A pass `afterS` later that finds this on air; null = nothing, and no uplink. */
function pass(afterS: number, onAir: OnAir | null): readonly (string | null)[] {
  second += afterS;
  const { run = '', spec = slateOf(SPEC), outTimeMs = 60_000, changes = [] } = onAir ?? {};
  const runs =
    onAir === null
      ? { uplinks: [], playouts: [] }
      : { uplinks: [uplinkRun()], playouts: [playoutRun(spec, { runId: run }, outTimeMs)] };
  const base = healthyWorld();
  const world = mutate({ ...base, observation: { ...base.observation, media: MEDIA, runs: known(runs) } }, ...changes);
  const now = { ...world.now, monoMs: world.now.monoMs + second * 1_000, wallMs: WALL_MS + second * 1_000 };
  const seen: Pass = { observation: world.observation, plan: planOf(world), before: world.memory, now, results: [] };
  const answers = recorder.record(seen, onAir === null ? 'down' : (onAir.status ?? 'live'));
  disk.state = JSON.stringify({ playing: recorder.playing });
  return answers;
}

const RAIN: OnAir = { run: 'p1', spec: itemAt('rain.mp4', 0), outTimeMs: 0 };
const SNOW: OnAir = { run: 'p2', spec: itemAt('snow.mp4', 1), outTimeMs: 0 };
const at = (seconds: number): string => new Date(WALL_MS + seconds * 1_000).toISOString();
const lines = (): PlayedItem[] => disk.lines.map((text) => JSON.parse(text) as PlayedItem);

describe('what was on air', () => {
  it('is a line an item once it has ended: when, which, how it is tagged, and how it ended', () => {
    pass(0, { ...RAIN, outTimeMs: 0 });
    pass(1, { ...RAIN, outTimeMs: 1_000 });
    expect(lines()).toEqual([]);
    pass(599, { ...SNOW, changes: [exited({ runId: 'p1', role: 'playout', code: 0, outTimeMs: 600_000 })] });
    expect(lines()).toEqual([
      { begin: at(0), end: at(600), key: 'rain.mp4', title: 'Rain', artist: 'The Clouds', fromMs: 0, ended: 'played' },
    ]);
    pass(10, null);
    expect(lines()[1]).toEqual({
      begin: at(600),
      end: at(600),
      key: 'snow.mp4',
      title: null,
      artist: null,
      fromMs: 0,
      ended: 'off-air',
    });
  });

  it.each<[PlayedItem['ended'], string, OnAir]>([
    [
      'failed',
      'by itself before its time',
      { ...SNOW, changes: [exited({ runId: 'p1', role: 'playout', code: 1, outTimeMs: 90_000 })] },
    ],
    ['replaced', 'because something else is wished', { ...SNOW, changes: [beingStopped('p1')] }],
    [
      'played',
      'at its end, seen a moment before',
      { ...SNOW, changes: [exited({ runId: 'p1', role: 'playout', code: null, outTimeMs: 599_900 })] },
    ],
    ['failed', 'and the slate stands in', { run: 's1', spec: slateOf(SPEC) }],
  ])('ended %s: %s', (ended, _how, next) => {
    pass(0, RAIN);
    pass(30, next);
    expect(lines()).toMatchObject([{ key: 'rain.mp4', end: at(30), ended }]);
  });

  it('is one item where another run of it goes on from where the first left off', () => {
    pass(0, RAIN);
    pass(30, { run: 'p9', spec: itemAt('rain.mp4', 0, 90_000) });
    expect(lines()).toEqual([]);
    expect(recorder.playing).toMatchObject({ run: 'p9', begin: at(0), fromMs: 0 });
  });

  it('is two where an item follows itself', () => {
    pass(0, RAIN);
    pass(600, { run: 'p9', spec: itemAt('rain.mp4', 0) });
    expect(lines()).toHaveLength(1);
  });

  it('goes on over some seconds without acknowledgement, not over more', () => {
    pass(0, RAIN);
    pass(9, { ...RAIN, status: 'down' });
    pass(1, RAIN);
    expect(lines()).toEqual([]);
    pass(9, { ...RAIN, status: 'down' });
    pass(2, { ...RAIN, status: 'down' });
    expect(lines()).toMatchObject([{ end: at(10), ended: 'off-air' }]);
    pass(1, { ...RAIN, outTimeMs: 80_000 });
    expect(recorder.playing).toMatchObject({ begin: at(22) });
    expect(recorder.playing?.fromMs).toBeGreaterThan(70_000);
  });

  it('is neither ended nor gone on while nobody can look', () => {
    pass(0, RAIN);
    pass(500, {
      ...RAIN,
      changes: [(world) => ({ ...world, observation: { ...world.observation, runs: unknown('EACCES') } })],
    });
    expect(lines()).toEqual([]);
    expect(recorder.playing).toMatchObject({ end: at(0) });
  });

  it('takes the tags when they become known', () => {
    const untagged: Mutation = (world) => ({ ...world, observation: { ...world.observation, media: STORE } });
    pass(0, { ...RAIN, changes: [untagged] });
    expect(recorder.playing).toMatchObject({ title: null });
    pass(1, RAIN);
    expect(recorder.playing).toMatchObject({ title: 'Rain', begin: at(0) });
  });

  it('goes on with the next daemon, as one line', () => {
    pass(0, RAIN);
    recorder = daemon();
    pass(100, { ...RAIN, outTimeMs: 160_000 });
    pass(1, SNOW);
    expect(lines()).toMatchObject([{ begin: at(0), end: at(101), key: 'rain.mp4' }]);
  });

  it('that no daemon saw end, ended when what follows began, by what that has played', () => {
    pass(0, RAIN);
    recorder = daemon();
    pass(1_000, { ...SNOW, outTimeMs: 100_000 });
    const [rain] = lines();
    expect(rain).toMatchObject({ begin: at(0), key: 'rain.mp4', ended: 'unseen' });
    expect(rain?.end).toBe(recorder.playing?.begin);
    const endS = (Date.parse(rain?.end ?? '') - WALL_MS) / 1_000;
    // Without its reservoir's fill, what was seen of it is known to some seconds.
    expect(endS).toBeGreaterThanOrEqual(900);
    expect(endS).toBeLessThan(925);
  });

  it('that ended together with its daemon, ended when it was last seen', () => {
    pass(0, RAIN);
    pass(5, RAIN);
    recorder = daemon();
    pass(1_000, null);
    expect(lines()).toMatchObject([{ begin: at(0), end: at(5), ended: 'off-air' }]);
  });

  it('waits for a disk that is full, and is lost beyond a hundred lines', () => {
    disk.full = true;
    for (let nth = 0; nth <= 103; nth++) pass(1, nth % 2 === 0 ? RAIN : SNOW);
    expect(pass(1, { ...RAIN, run: 'p3' })).toEqual(['ENOSPC']);
    disk.full = false;
    pass(1, SNOW);
    expect(disk.lines).toHaveLength(100);
  });
});
