import { execFileSync } from 'node:child_process';
import { type IngestView, viewSince } from './ingest-view.ts';
import { goOnAir, healthyRun, liveOn, newSession, openStage, videoAdvances } from './stage.ts';
import { UnackedWatch } from './unacked-watch.ts';
import { eventually } from '../fixtures/eventually.ts';

/** What the scene tells on its last line of stdout, as JSON. */
export interface BlackHoleResult {
  /** From the first packet lost to `/health` saying so; null = it never did. */
  readonly toldMs: number | null;
  readonly mostUnackedMs: number;
  /** From the first packet lost to another uplink. */
  readonly replacedMs: number;
  /** From the end of the black hole to a picture. */
  readonly pictureMs: number;
  readonly view: IngestView;
}

/**
 * Plays within a network namespace of its own, where this program was started: packets to and from the ingest's port
 * are dropped for a while.
 */
async function play(): Promise<BlackHoleResult> {
  const stage = await openStage();
  try {
    await stage.upload('red.mp4', { color: 'red', seconds: 60 });
    stage.wish({ media: 'red.mp4' });
    const { daemon, uplinkPid } = await goOnAir(stage);
    await healthyRun(stage.sink);
    const watch = new UnackedWatch(daemon);
    const atMs = performance.now();
    dropPackets(stage.sink.port);
    await eventually(
      async () => {
        const { uplink } = await daemon.health();
        if (uplink === null || uplink.pid === uplinkPid) throw new Error('the uplink is the same');
      },
      { timeoutMs: 60_000, everyMs: 50, what: 'another uplink' },
    );
    const replacedMs = performance.now() - atMs;
    const { toldMs, mostMs } = await watch.stop();
    const endMs = performance.now();
    nft('delete table inet chaos');
    await newSession(stage.sink, 1, 60_000);
    const pictureMs = performance.now() - endMs;
    await liveOn(daemon);
    await videoAdvances(stage.sink, 2000);
    return { toldMs, mostUnackedMs: mostMs, replacedMs, pictureMs, view: viewSince(stage.sink, atMs) };
  } finally {
    await stage.close();
  }
}

function dropPackets(port: number): void {
  nft('add table inet chaos');
  nft('add chain inet chaos in { type filter hook input priority 0 ; }');
  nft(`add rule inet chaos in tcp dport ${port} drop`);
  nft(`add rule inet chaos in tcp sport ${port} drop`);
}

const nft = (command: string): void => void execFileSync('nft', [command], { stdio: 'pipe' });

process.stdout.write(`${JSON.stringify(await play())}\n`);
