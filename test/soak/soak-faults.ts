import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../chaos/stage.ts';
import { signalPid } from '../fixtures/workspace.ts';
import type { Supervisor } from './supervisor.ts';

/** What a fault works with. */
export interface SoakWorld {
  readonly stage: Stage;
  readonly supervisor: Supervisor;
}

/** Something that goes wrong, and is put right again before `strike` resolves, unless the daemon is to do that. */
export interface SoakFault {
  readonly name: string;
  /** Ends the daemon: left out once its memory is being watched. */
  readonly endsDaemon?: true;
  readonly strike: (world: SoakWorld) => Promise<void>;
}

type Role = 'uplink' | 'playout' | 'next';

const hit =
  (role: Role, signal: NodeJS.Signals) =>
  async ({ supervisor }: SoakWorld): Promise<void> => {
    const report = await supervisor.daemon.health();
    const pid = report[role]?.pid;
    if (typeof pid === 'number') signalPid(pid, signal);
  };

const storeFails =
  (status: number, code: string, ms: number) =>
  async ({ stage }: SoakWorld): Promise<void> => {
    stage.store.fault = () => ({ kind: 'status', status, code });
    await sleep(ms);
    stage.store.fault = undefined;
  };

const wrecks =
  (wreck: (good: string) => string) =>
  async ({ stage }: SoakWorld): Promise<void> => {
    const good = readFileSync(stage.desiredPath, 'utf8');
    writeFileSync(stage.desiredPath, wreck(good));
    await sleep(3000);
    writeFileSync(stage.desiredPath, good);
  };

export const SOAK_FAULTS: readonly SoakFault[] = [
  { name: 'uplink killed', strike: hit('uplink', 'SIGKILL') },
  { name: 'uplink frozen', strike: hit('uplink', 'SIGSTOP') },
  { name: 'playout killed', strike: hit('playout', 'SIGKILL') },
  { name: 'playout frozen', strike: hit('playout', 'SIGSTOP') },
  { name: 'playout in line killed', strike: hit('next', 'SIGKILL') },
  { name: 'playout in line frozen', strike: hit('next', 'SIGSTOP') },
  {
    name: 'ingest resets',
    strike: async ({ stage: { sink } }) => {
      await sink.setMode('reset');
      await sink.setMode('accept');
    },
  },
  { name: 'ingest closes', strike: async ({ stage }) => stage.sink.dropAll() },
  {
    name: 'ingest refuses for 4 s',
    strike: async ({ stage: { sink } }) => {
      await sink.setMode('refuse');
      sink.dropAll();
      await sleep(4000);
      await sink.setMode('accept');
    },
  },
  {
    name: 'ingest hangs for 9 s',
    strike: async ({ stage: { sink } }) => {
      await sink.setMode('stopReading');
      await sleep(9000);
      await sink.setMode('accept');
    },
  },
  {
    name: 'storage down for 8 s',
    strike: async ({ stage: { store } }) => {
      await store.down();
      await sleep(8000);
      await store.up();
    },
  },
  { name: 'storage answers 503 for 6 s', strike: storeFails(503, 'SlowDown', 6000) },
  { name: 'storage answers 403 for 6 s', strike: storeFails(403, 'AccessDenied', 6000) },
  { name: 'desired.yaml broken for 3 s', strike: wrecks((good) => `${good}media: [`) },
  { name: 'desired.yaml cut off for 3 s', strike: wrecks((good) => good.slice(0, 12)) },
  {
    name: 'another bitrate',
    strike: async ({ stage }) => {
      const good = readFileSync(stage.desiredPath, 'utf8');
      const bitrate = good.includes('bitrate: 800k') ? 'bitrate: 700k' : 'bitrate: 800k';
      writeFileSync(stage.desiredPath, good.replace(/bitrate: .*/, bitrate));
    },
  },
  { name: 'daemon killed', endsDaemon: true, strike: ({ supervisor }) => supervisor.end('SIGKILL') },
  { name: 'daemon hands over', endsDaemon: true, strike: ({ supervisor }) => supervisor.end('SIGHUP') },
];

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
