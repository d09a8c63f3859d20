import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { playoutArgv } from '../../../src/actuate/ffmpeg/playout-argv.ts';
import { uplinkArgv } from '../../../src/actuate/ffmpeg/uplink-argv.ts';
import { playoutCommand, uplinkCommand } from '../../../src/actuate/process/pipeline.ts';
import { sendSignal } from '../../../src/actuate/process/signal.ts';
import { type RunsLook, RunsObserver } from '../../../src/observe/runs/runs.ts';
import { NO_ARTWORK, type PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import type { UplinkRun } from '../../../src/reconcile/model/run.ts';
import { slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { runFiles } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { type RtmpSink, startRtmpSink } from '../../fixtures/rtmp-sink.ts';
import { framesOf } from '../../fixtures/stream-analysis.ts';
import { makeStage, type Stage } from '../../observe/processes/marked.ts';
import { SPEC } from '../../reconcile/world-builder.ts';
import { newFeed } from '../feed.ts';
import { Machine } from '../machine.ts';
import { SimRunsObserver } from '../observer.ts';

/** What the simulation takes for granted of an uplink and its ingest, by one side or the other. */
interface Bench {
  /** A slate and an uplink, as the daemon starts them. */
  start(): void;
  behave(mode: 'accept' | 'refuse' | 'rejectPublish' | 'hang'): Promise<void>;
  /** Cuts every connection there is. */
  resetAll(): void;
  look(): RunsLook;
  terminate(run: UplinkRun): void;
  /** Sessions that were granted, those that have shown a picture, and those that are still open. */
  sessions(): { readonly granted: number; readonly shown: number; readonly open: number };
  /** Lets a little time pass. */
  wait(): Promise<void>;
  cleanup(): Promise<void>;
}

const sides: readonly { readonly name: string; readonly open: () => Promise<Bench> }[] = [
  { name: 'simulated', open: openSimulated },
  { name: 'real', open: openReal },
];

describe.each(sides)('the $name uplink and its ingest', { timeout: 120_000 }, ({ open }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(() => bench.cleanup());

  const unackedMs = (): number | null => {
    const { sendQueue } = uplink();
    return sendQueue.kind === 'known' ? sendQueue.value.unackedMs : null;
  };
  const uplink = (): UplinkRun => {
    const { runs } = bench.look();
    const found = runs.kind === 'known' ? runs.value.uplinks[0] : undefined;
    if (found === undefined) throw new Error('there is no uplink');
    return found;
  };
  const soon = (check: () => void, what: string): Promise<void> =>
    eventually(
      async () => {
        await bench.wait();
        check();
      },
      { timeoutMs: 40_000, what },
    );
  const goLive = async (): Promise<void> => {
    bench.start();
    await soon(() => {
      expect(bench.sessions()).toMatchObject({ granted: 1, shown: 1 });
      expect(uplink().progress?.outTimeMs ?? 0).toBeGreaterThan(3_000);
    }, 'a picture at the ingest, and progress');
  };
  const endsByItself = (): Promise<void> =>
    soon(() => {
      const { runs, exits } = bench.look();
      expect(runs).toMatchObject({ value: { uplinks: [] } });
      expect(exits).toMatchObject([{ role: 'uplink', lastError: expect.any(String) }]);
    }, 'the end of the uplink, with a complaint');

  it('is one session with a picture while the ingest accepts, and nothing stays unacknowledged', async () => {
    await goLive();
    await soon(() => expect(unackedMs() ?? Infinity).toBeLessThan(1_000), 'acknowledged bytes');
    expect(bench.sessions()).toEqual({ granted: 1, shown: 1, open: 1 });
  });

  it.each(['refuse', 'rejectPublish'] as const)(
    'ends by itself, without a session, when the ingest does %s',
    async (mode) => {
      await bench.behave(mode);
      bench.start();
      await endsByItself();
      expect(bench.sessions().granted).toBe(0);
    },
  );

  it('ends by itself when its connection is cut', async () => {
    await goLive();
    bench.resetAll();
    await endsByItself();
    expect(bench.sessions().open).toBe(0);
  });

  it('stays, with bytes unacknowledged for longer and longer, when the ingest hangs', async () => {
    await goLive();
    await bench.behave('hang');
    await soon(() => expect(unackedMs() ?? 0).toBeGreaterThan(4_500), 'unacknowledged bytes');
    expect(bench.sessions()).toMatchObject({ granted: 1 });
  });

  it('says goodbye when it is told to end', async () => {
    await goLive();
    bench.terminate(uplink());
    await soon(() => expect(bench.look().runs).toMatchObject({ value: { uplinks: [] } }), 'the end of the uplink');
    await soon(() => expect(bench.sessions()).toMatchObject({ granted: 1, open: 0 }), 'the end of the session');
  });
});

function openSimulated(): Promise<Bench> {
  const machine = new Machine(1);
  const feed = newFeed();
  const plain = (text: string): string => text;
  const observer = new SimRunsObserver(machine, plain, () => null);
  const { ingest } = machine;
  return Promise.resolve({
    start() {
      machine.startUplink(feed, 'u', 'abcdef012345');
      const run = { runId: 'p', specHash: 'abcdef012345', spec: slateSpec(SPEC, NO_ARTWORK), reservoirBytes: null };
      machine.startPlayout(feed, run, Number.POSITIVE_INFINITY);
    },
    behave(mode) {
      ingest.mode = mode;
      return Promise.resolve();
    },
    resetAll: () => ingest.resetAll(),
    look: () => observer.look(),
    terminate: ({ process }) => machine.kernel.signal(process.pid, 'SIGTERM', 'process'),
    sessions: () => ({
      granted: ingest.sessionCount,
      shown: ingest.sessions.filter(({ pictureAtMs }) => pictureAtMs !== null).length,
      open: ingest.connections.length,
    }),
    wait() {
      for (let steps = 0; steps < 3; steps++) machine.step(100);
      return Promise.resolve();
    },
    cleanup: () => Promise.resolve(),
  });
}

/** Little to encode, and so many bytes that a window is soon full. */
const FAT_SLATE: PlayoutSpec = {
  kind: 'slate',
  format: { width: 320, height: 180, fps: 30, videoBitrateKbps: 6_000 },
  source: null,
  clip: null,
};

async function openReal(): Promise<Bench> {
  const stage: Stage = makeStage();
  const sink: RtmpSink = await startRtmpSink();
  const observer = new RunsObserver({
    stateId: stage.stateId,
    stateDir: stage.dir,
    redact: (text) => text,
    onLine: () => undefined,
    exitOf: () => null,
  });
  const progressOf = (role: 'uplink' | 'playout', runId: string): string =>
    join(stage.dir, runFiles(role, runId).progress);
  const { feed } = stage;
  return {
    start() {
      const key = { kind: 'argv', streamKey: 'key' } as const;
      const target = { url: sink.url, key, caFile: null, ffmpegVersion: '5.1.9' };
      const uplink = uplinkCommand('ffmpeg', uplinkArgv(target, progressOf('uplink', 'u')));
      stage.start('uplink', 'u', uplink.program, uplink.args, {
        stdin: feed.fifoFd,
        extraFds: [feed.uplinkLockFd],
      });
      const slate = playoutCommand(
        'ffmpeg',
        playoutArgv(FAT_SLATE, null, { toneMapping: true }, progressOf('playout', 'p')),
        null,
      );
      stage.start('playout', 'p', slate.program, slate.args, {
        stdout: feed.fifoFd,
        extraFds: [feed.programLockFd],
      });
    },
    behave: (mode) => sink.setMode(mode === 'hang' ? 'stopReading' : mode),
    resetAll: () => sink.dropAll(),
    look: () => observer.look(Math.round(performance.now())),
    terminate({ process: target, specHash, runId }) {
      sendSignal(target, { stateId: stage.stateId, role: 'uplink', specHash, runId }, 'SIGTERM', 'process');
    },
    sessions: () => ({
      granted: sink.sessions.length,
      shown: sink.sessions.filter((session) => framesOf(session, 'video').some(({ keyframe }) => keyframe)).length,
      open: sink.sessions.filter(({ closedAtMs }) => closedAtMs === null).length,
    }),
    wait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    async cleanup() {
      await stage.cleanup();
      await sink.stop();
    },
  };
}
