import type * as fileSystem from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { playoutCommand } from '../../../src/actuate/process/pipeline.ts';
import { ProcessTable } from '../../../src/observe/processes/table.ts';
import { RunsObserver } from '../../../src/observe/runs/runs.ts';
import { type Memory, NO_MEMORY } from '../../../src/reconcile/model/memory.ts';
import type { PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import { plan } from '../../../src/reconcile/plan.ts';
import { playoutHash, sessionHash } from '../../../src/reconcile/playout/hashes.ts';
import { recordOf } from '../../../src/reconcile/playout/record.ts';
import { runFiles } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { healthyWorld, itemAt, SETTINGS, slateOf, SPEC } from '../../reconcile/world-builder.ts';
import { makeStage, type Stage, writesAndStays } from '../processes/marked.ts';

/** Every read of a look passes here; `failing` says which one fails, counted from the beginning of the look. */
const reads = vi.hoisted(() => ({
  /** What was read in this look, one entry a call. */
  seen: [] as string[],
  paths: new Map<unknown, string>(),
  failing: { nth: -1, code: 'EIO' },
  pass(call: string, target: unknown): void {
    const what = `${call} ${typeof target === 'string' ? target : (this.paths.get(target) ?? '?')}`;
    this.seen.push(what);
    if (this.seen.length - 1 !== this.failing.nth) return;
    throw Object.assign(new Error(`${this.failing.code}: ${what}`), { code: this.failing.code });
  },
}));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  const watched =
    (name: 'openSync' | 'readSync' | 'fstatSync' | 'readdirSync' | 'readlinkSync') =>
    (...args: readonly unknown[]): unknown => {
      reads.pass(name, args[0]);
      const result = (fs[name] as (...given: readonly unknown[]) => unknown)(...args);
      if (name === 'openSync') reads.paths.set(result, String(args[0]));
      return result;
    };
  return {
    ...fs,
    openSync: watched('openSync'),
    readSync: watched('readSync'),
    fstatSync: watched('fstatSync'),
    readdirSync: watched('readdirSync'),
    readlinkSync: watched('readlinkSync'),
  };
});

vi.setConfig({ testTimeout: 60_000 });

const EFFECTS = ['startUplink', 'startPlayout', 'signal', 'forgetRun', 'exit'];

/** A daemon that looks at the real processes of the stage and plans. */
class Watcher {
  readonly #stage: Stage;
  readonly #runs: RunsObserver;
  #memory: Memory;
  #passes = 0;

  constructor(stage: Stage, memory: Memory) {
    this.#stage = stage;
    this.#memory = memory;
    this.#runs = new RunsObserver({
      stateId: stage.stateId,
      stateDir: stage.dir,
      redact: (text) => text,
      onLine: () => undefined,
      exitOf: () => null,
    });
  }

  get memory(): Memory {
    return this.#memory;
  }

  /** One pass: the effects that it would have. The `nth` read of its look fails; null = all succeed. */
  pass(failing: { readonly nth: number; readonly code: string } | null): readonly string[] {
    play(this.#stage);
    reads.seen.length = 0;
    reads.failing = failing ?? { nth: -1, code: '' };
    const monoMs = Number(process.hrtime.bigint() / 1_000_000n);
    const look = this.#runs.look(monoMs);
    reads.failing = { nth: -1, code: '' };
    const now = { monoMs, wallMs: Date.now(), nonce: `n${this.#passes++}` };
    const made = plan(SETTINGS, { ...healthyWorld().observation, ...look }, this.#memory, now);
    this.#memory = made.memory;
    return made.actions
      .filter(({ kind }) => EFFECTS.includes(kind))
      .map(
        (action) =>
          `${action.kind} ${'reason' in action ? action.reason : ''} (${made.rules.uplink}, ${made.rules.playout}, ${made.rules.queue})`,
      );
  }
}

/** What a real FFmpeg does between two looks: its media time goes on. */
let outTimeUs = 0;
function play({ dir }: Stage): void {
  outTimeUs += 1_000_000;
  for (const [role, runId] of [
    ['uplink', 'u1'],
    ['playout', 'p1'],
  ] as const) {
    writeFileSync(
      join(dir, runFiles(role, runId).progress),
      `out_time_us=${outTimeUs}\ntotal_size=${outTimeUs}\nprogress=continue\n`.padStart(outTimeUs / 10_000, '\n'),
    );
  }
}

let stage: Stage;
let settled: Memory;

beforeEach(async () => {
  outTimeUs = 20_000_000;
  stage = makeStage();
  const marker = stage.marker('uplink', 'u1');
  const specHash = SETTINGS.target === null ? '' : sessionHash(SETTINGS.target, SPEC);
  // It has read something, as one that is on air has: a progress file is not the only evidence.
  const script = 'all=$(head -c 200000 /dev/zero | tr "\\0" x); exec sleep 300';
  stage.start('uplink', 'u1', 'bash', ['-c', script], { marker: { ...marker, specHash } });
  const watcher = new Watcher(stage, NO_MEMORY);
  startPlayout('p1', itemAt('rain.mp4', 0));
  await eventually(() => expect(placesOf(stage)).toEqual(['p1 holder held']));
  startPlayout('q1', slateOf(SPEC));
  await eventually(() => expect(placesOf(stage)).toEqual(['p1 holder held', 'q1 waiter held']));
  await eventually(() => expect(watcher.pass(null)).toEqual([]));
  settled = watcher.memory;
});
afterEach(() => stage.cleanup());

function startPlayout(runId: string, spec: PlayoutSpec): void {
  const { program, args } = playoutCommand('/bin/sh', ['-c', writesAndStays(600_000)], null);
  stage.start('playout', runId, program, args, {
    marker: { ...stage.marker('playout', runId), specHash: playoutHash(spec) },
    record: JSON.stringify(recordOf(spec)),
    stdout: stage.feed.fifoFd,
    extraFds: [stage.feed.programLockFd],
  });
}

function placesOf({ stateId, dir }: Stage): readonly string[] {
  const source = { stateId, stateDir: dir, redact: (text: string) => text, onLine: () => undefined };
  const { runs } = new RunsObserver({ ...source, exitOf: () => null }).look(0);
  if (runs.kind !== 'known') return [];
  return runs.value.playouts.map(({ runId, gate }) => `${runId} ${gate?.place ?? '-'} ${gate?.flow ?? '-'}`).sort();
}

/** Fails one read of a look after the other, and has every look followed by one that succeeds. */
function failEach(places: readonly number[], code: string, watcherOf: () => Watcher): void {
  for (const nth of places) {
    const watcher = watcherOf();
    const effects = watcher.pass({ nth, code });
    const failed = reads.seen[nth];
    expect({ failed, effects, afterwards: watcher.pass(null) }).toEqual({ failed, effects: [], afterwards: [] });
  }
}

describe('any single read that fails, at any place,', () => {
  it.each(['EIO', 'EACCES', 'EMFILE'])('with %s has no effect, nor has the next one that succeeds', (code) => {
    const watcher = new Watcher(stage, settled);
    expect([...watcher.pass(null), ...watcher.pass(null)]).toEqual([]);
    expect(reads.seen.length).toBeGreaterThan(30);
    failEach([...reads.seen.keys()], code, () => watcher);
  });

  it('of the first look of a daemon has none either', () => {
    expect(new Watcher(stage, settled).pass(null)).toEqual([]);
    // Of the processes of others a few are enough.
    const ours = pidsOf(stage).map((pid) => `/proc/${pid}/`);
    const others = [...reads.seen.entries()].filter(([, what]) => isOfProcess(what, ours) === false);
    const places = [...reads.seen.keys()].filter((nth) => isOfProcess(reads.seen[nth]!, ours) !== false);
    expect(places.length).toBeGreaterThan(30);
    failEach([...places, ...others.slice(-12).map(([nth]) => nth)], 'EIO', () => new Watcher(stage, settled));
  });
});

/** null = of no process at all. */
function isOfProcess(what: string, ours: readonly string[]): boolean | null {
  return /\/proc\/\d/.test(what) ? ours.some((path) => what.includes(path)) : null;
}

function pidsOf({ stateId }: Stage): readonly number[] {
  const table = new ProcessTable(stateId).read(0, true);
  return table.kind === 'known' ? table.value.map(({ pid }) => pid) : [];
}
