import { accessSync, constants, existsSync } from 'node:fs';
import { type IngestView, viewSince } from './ingest-view.ts';
import { goOnAir, openStage, videoAdvances, wishRed } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';

/** What the scene tells on its last line of stdout, as JSON. */
export interface StrictMachineResult {
  /** What could be seen and written there that is none of the daemon's: process 1, and a file beside this one. */
  readonly seesInit: boolean;
  readonly writesRoot: boolean;
  readonly adopted: boolean;
  readonly view: IngestView;
}

/** Plays on a machine that was closed up: a daemon goes on air, is killed, and followed by another that adopts. */
async function play(): Promise<StrictMachineResult> {
  // What is found out cannot be kept for others where the root is read-only.
  const stage = await openStage({ known: 'nothing' });
  try {
    await wishRed(stage);
    const { daemon, uplinkPid, playoutPid } = await goOnAir(stage);
    await videoAdvances(stage.sink, 2_000);
    const atMs = performance.now();
    daemon.kill('SIGKILL');
    await daemon.exited;
    const next = await stage.start();
    const { uplink, playout } = await healthEventually(next, ({ status }) => status === 'live', { what: 'live' });
    const adopted = uplink?.pid === uplinkPid && (playout?.pid === playoutPid || playout?.pid === null);
    await videoAdvances(stage.sink, 2_000);
    const writesRoot = canWrite(import.meta.dirname);
    return { seesInit: existsSync('/proc/1'), writesRoot, adopted, view: viewSince(stage.sink, atMs) };
  } finally {
    await stage.close();
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

process.stdout.write(`${JSON.stringify(await play())}\n`);
