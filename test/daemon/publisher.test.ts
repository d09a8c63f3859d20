import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Publisher } from '../../src/daemon/publisher.ts';
import { known, unknown } from '../../src/reconcile/model/observed.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import { parseMemory } from '../../src/state/memory-file.ts';
import { StateDir } from '../../src/state/state-dir.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { healthyWorld, planOf, type TestWorld } from '../reconcile/world-builder.ts';

let workspace: Workspace;
let lines: Record<string, unknown>[];
let nowMs: number;
let fileSilentMs: number;

beforeEach(() => {
  workspace = makeWorkspace();
  lines = [];
  nowMs = 1_000;
  fileSilentMs = 0;
});
afterEach(() => workspace.cleanup());

function publisher(
  textOf: (hash: string) => string | null = () => null,
  store: StateDir = new StateDir(workspace.dir),
): Publisher {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const log = pino({ level: 'debug', base: null }, stream);
  return new Publisher({
    log,
    store,
    boot: { id: 'boot-1', namespaceStartTicks: 7 },
    version: '1.2.3',
    textOf,
    now: () => nowMs,
    silences: () => [{ of: 'desired.yaml', forMs: fileSilentMs }],
    countsFetches: true,
    lastProgressWallMs: null,
  });
}

/** What a pass over this world tells, `laterMs` after the world's own moment. */
function passOf(world: TestWorld, laterMs = 0): Pass {
  const now = { ...world.now, monoMs: world.now.monoMs + laterMs, wallMs: world.now.wallMs + laterMs };
  const { observation, memory: before } = world;
  return { observation, plan: planOf({ ...world, now }), before, now, results: [] };
}

const offAir = (world: TestWorld): TestWorld => ({
  ...world,
  observation: { ...world.observation, runs: known({ uplinks: [], playouts: [] }) },
});
const unseen = (world: TestWorld): TestWorld => ({
  ...world,
  observation: { ...world.observation, runs: unknown('/proc cannot be read') },
});

const read = (name: string): string => readFileSync(join(workspace.dir, name), 'utf8');
const history = (): unknown[] =>
  read('history.jsonl')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: unknown }).event);

/** A state directory that tells what was put on the disk for good. */
class WatchedStateDir extends StateDir {
  readonly durable: string[] = [];

  override saveDurably(name: string, text: string): string | null {
    this.durable.push(name);
    return super.saveDurably(name, text);
  }
}

describe('what a pass leaves for others', () => {
  it('outlives a power cut where it decides about restarts, or is the last good file', () => {
    const store = new WatchedStateDir(workspace.dir);
    const published = publisher(() => 'running: true', store);
    published.publish(passOf(unseen(healthyWorld())));
    expect(store.durable).toEqual(['stream_state.json', 'desired.last-good.yaml']);
    store.durable.length = 0;
    const before = read('stream_state.json');
    published.publish(passOf(unseen(healthyWorld()), 6_000));
    expect(read('stream_state.json')).not.toBe(before);
    expect(store.durable.filter((name) => name === 'stream_state.json')).toEqual([]);
    published.publish(passOf(offAir(healthyWorld()), 7_000));
    expect(store.durable).toContain('stream_state.json');
  });

  it('is the state with tallies a later daemon understands, and the PIDs, for this user alone', () => {
    const published = publisher();
    const pass = passOf(healthyWorld());
    published.publish(pass);
    expect(published.report).toMatchObject({ status: 'live', version: '1.2.3' });
    expect([read('uplink.pid'), read('playout.pid'), read('next.pid')]).toEqual(['101\n', '201\n', '301\n']);
    expect(JSON.parse(read('stream_state.json'))).toMatchObject({
      status: 'live',
      bootId: 'boot-1',
      namespaceStartTicks: 7,
      daemonPid: process.pid,
      lastHealthCheck: new Date(pass.now.wallMs).toISOString(),
    });
    expect(parseMemory(read('stream_state.json'), { id: 'boot-1', namespaceStartTicks: 7 }, pass.now).cursor).toEqual(
      pass.plan.memory.cursor,
    );
    for (const name of readdirSync(workspace.dir)) {
      // What is being synced gets another name meanwhile.
      const { mode = 0 } = statSync(join(workspace.dir, name), { throwIfNoEntry: false }) ?? {};
      expect(mode & 0o077).toBe(0);
    }
  });

  it('is no PID file of a process that is gone, and an untouched one where nobody could look', () => {
    const published = publisher();
    const world = healthyWorld();
    published.publish(passOf(world));
    published.publish(passOf(unseen(world), 1_000));
    expect(read('uplink.pid')).toBe('101\n');
    published.publish(passOf(offAir(world), 2_000));
    for (const name of ['uplink.pid', 'playout.pid', 'next.pid']) {
      expect(existsSync(join(workspace.dir, name))).toBe(false);
    }
  });

  it('is the accepted file as it was written, bytes and all', () => {
    publisher((hash) => `# ${hash}\nmedia: x\n`).publish(passOf(healthyWorld()));
    expect(read('desired.last-good.yaml')).toBe('# aaaaaaaaaaaa\nmedia: x\n');
  });

  it('is one line of history per change, none per pass', () => {
    const published = publisher();
    const world = healthyWorld();
    for (let pass = 0; pass < 5; pass++) published.publish(passOf(world, pass * 100));
    expect(history()).toEqual(['on-air']);
    for (let pass = 5; pass < 8; pass++) published.publish(passOf(offAir(world), pass * 100));
    published.publish(passOf(world, 900));
    expect(history()).toEqual(['on-air', 'off-air', 'on-air']);
  });

  it('is rewritten at once when something changed, and otherwise every few seconds', () => {
    const published = publisher();
    const world = healthyWorld();
    const inode = (): number => statSync(join(workspace.dir, 'stream_state.json')).ino;
    published.publish(passOf(world));
    const first = read('stream_state.json');
    published.publish(passOf(world, 1_000));
    expect(read('stream_state.json')).toBe(first);
    published.publish(passOf(world, 6_000));
    expect(read('stream_state.json')).not.toBe(first);
    const before = inode();
    published.publish(passOf(offAir(world), 6_100));
    expect(inode()).not.toBe(before);
  });
});

describe('what is served', () => {
  it('is the latest pass as it was, and down once none has finished for more than 5 s, for as long as that is so', () => {
    const published = publisher();
    nowMs += 5_000;
    expect(published.report).toMatchObject({ status: 'starting', observedAt: null });
    nowMs += 1;
    expect(published.report).toMatchObject({ status: 'down', reason: 'ObservationFailed', observedAt: null });
    const pass = passOf(healthyWorld());
    const observedAt = new Date(pass.now.wallMs).toISOString();
    published.publish(pass);
    nowMs += 5_000;
    expect(published.report).toMatchObject({ status: 'live', observedAt });
    nowMs += 7_200;
    expect(published.report).toMatchObject({
      status: 'down',
      reason: 'ObservationFailed',
      observedAt,
      uplink: { pid: 101 },
    });
    expect(published.report.message).toContain('for 12 s');
    expect(Date.now() - Date.parse(published.report.since)).toBeGreaterThanOrEqual(12_200);
    published.publish(pass);
    expect(published.report.status).toBe('live');
  });

  it('is down while desired.yaml does not answer, though passes go on', () => {
    const published = publisher();
    published.publish(passOf(healthyWorld()));
    fileSilentMs = 5_000;
    expect(published.report.status).toBe('live');
    fileSilentMs = 8_400;
    published.publish(passOf(healthyWorld(), 1_000));
    expect(published.report).toMatchObject({ status: 'down', reason: 'ObservationFailed' });
    expect(published.report.message).toContain('desired.yaml has not been read for 8 s');
  });
});

describe('what a pass tells the log', () => {
  it('is a state file that cannot be written, once, and once that it can be again', () => {
    const published = publisher();
    const world = healthyWorld();
    mkdirSync(join(workspace.dir, 'uplink.pid', 'in-the-way'), { recursive: true });
    for (let pass = 0; pass < 4; pass++) published.publish(passOf(world, pass * 100));
    const about = (): unknown[] => lines.filter((line) => line['file'] === 'uplink.pid').map((line) => line['msg']);
    expect(about()).toEqual(['state file cannot be written']);
    expect(published.report?.status).toBe('live');
    rmSync(join(workspace.dir, 'uplink.pid'), { recursive: true });
    for (let pass = 4; pass < 8; pass++) published.publish(passOf(world, pass * 100));
    expect(about()).toEqual(['state file cannot be written', 'state file can be written again']);
  });
});
