import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Feed, openFeed } from '../../../src/actuate/feed.ts';
import { type Launch, launch } from '../../../src/actuate/process/launch.ts';
import { playoutCommand } from '../../../src/actuate/process/pipeline.ts';
import type { Marker, Role } from '../../../src/reconcile/model/run.ts';
import { runFiles } from '../../../src/state/files.ts';
import { killMarked, makeWorkspace } from '../../fixtures/workspace.ts';

/** A state directory with its channel, in which real processes with our marker are started. */
export interface Stage {
  readonly stateId: string;
  readonly dir: string;
  readonly feed: Feed;
  marker(role: Role, runId: string): Marker;
  /** Starts any program as a run; answers with its PID. */
  start(role: Role, runId: string, program: string, args: readonly string[], change?: Partial<Launch>): number;
  /** Starts a playout whose "FFmpeg" is this shell script, gate and all; answers with its PID. */
  startPlayout(runId: string, script: string, record?: string | null, reservoirBytes?: number | null): number;
  /** Ends every process and removes the directory. */
  cleanup(): Promise<void>;
}

export function makeStage(): Stage {
  const stateId = randomBytes(8).toString('hex');
  const workspace = makeWorkspace();
  const { dir } = workspace;
  const feed = openFeed(dir);
  const marker = (role: Role, runId: string): Marker => ({ stateId, role, specHash: 'abcdef012345', runId });
  const start: Stage['start'] = (role, runId, program, args, change = {}) => {
    const result = launch(
      {
        marker: marker(role, runId),
        record: null,
        program,
        args,
        logPath: join(dir, runFiles(role, runId).log),
        stdin: '',
        stdout: null,
        extraFds: [],
        ...change,
      },
      null,
      () => undefined,
    );
    if (result.kind === 'failed') throw new Error(result.message);
    return result.pid;
  };
  return {
    stateId,
    dir,
    feed,
    marker,
    start,
    startPlayout(runId, script, record = null, reservoirBytes = null) {
      const { program, args } = playoutCommand('/bin/sh', ['-c', script], reservoirBytes);
      const extraFds = [feed.programLockFd];
      return start('playout', runId, program, args, { record, stdout: feed.fifoFd, extraFds });
    },
    async cleanup() {
      await killMarked(stateId);
      feed.close();
      await workspace.cleanup();
    },
  };
}

/** A script that fills its pipe with `bytes` and stays. */
export const writesAndStays = (bytes: number): string => `head -c ${bytes} /dev/zero; exec sleep 300`;

/** A descriptor for reading that swallows nothing by itself; `close` ends it. */
export function openForReading(path: string): { readonly fd: number; close(): void } {
  const fd = openSync(path, 'r');
  return { fd, close: () => closeSync(fd) };
}
