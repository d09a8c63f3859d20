import { writeFileSync } from 'node:fs';
import { type IngestView, viewSince } from './ingest-view.ts';
import { liveOn, newSession, openStage, videoAdvances, wishRed } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';

/** What the scene tells on its last line of stdout, as JSON. */
export interface ContainerClockResult {
  /** From the first connection to an ingest that hangs to the next attempt. */
  readonly leftMs: number;
  /** How far `uplink.since` lies back, and the first connection, which was of the uplink before it. */
  readonly sinceAgoMs: number;
  readonly startedAgoMs: number;
  readonly adopted: boolean;
  readonly view: IngestView;
}

/** In LXC that file shows how long the container is up, which has nothing to do with the start times of processes. */
function showUptime(seconds: number): void {
  writeFileSync('/proc/uptime', `${seconds.toFixed(2)} ${seconds.toFixed(2)}\n`);
}

/** Plays within a mount namespace of its own, where a file of ours stands in the place of `/proc/uptime`. */
async function play(): Promise<ContainerClockResult> {
  const stage = await openStage();
  const bootedAtMs = performance.now() - 120_000;
  showUptime(120);
  const clock = setInterval(() => showUptime((performance.now() - bootedAtMs) / 1_000), 200);
  try {
    await wishRed(stage);
    await stage.sink.setMode('stopReading');
    const daemon = await stage.start();
    const connected = (count: number): Promise<void> =>
      eventually(
        () => {
          if (stage.sink.connectionCount < count) throw new Error(`${stage.sink.connectionCount} connections`);
        },
        { timeoutMs: 60_000, everyMs: 50, what: `connection ${count}` },
      );
    await connected(1);
    const hungAtMs = performance.now();
    await connected(2);
    const leftMs = performance.now() - hungAtMs;
    await stage.sink.setMode('accept');
    await newSession(stage.sink, 0, 100_000);
    const before = await liveOn(daemon, 60_000);
    await videoAdvances(stage.sink, 5_000);
    const since = Date.parse((await daemon.health()).uplink?.since ?? '');
    const [sinceAgoMs, startedAgoMs] = [Date.now() - since, performance.now() - hungAtMs];
    const atMs = performance.now();
    daemon.kill('SIGKILL');
    await daemon.exited;
    const next = await stage.start();
    const { uplink, playout } = await healthEventually(next, ({ status }) => status === 'live', { what: 'live' });
    await liveOn(next);
    await videoAdvances(stage.sink, 3_000);
    const adopted = uplink?.pid === before.uplink?.pid && playout?.pid === before.playout?.pid;
    return { leftMs, sinceAgoMs, startedAgoMs, adopted, view: viewSince(stage.sink, atMs) };
  } finally {
    clearInterval(clock);
    await stage.close();
  }
}

process.stdout.write(`${JSON.stringify(await play())}\n`);
