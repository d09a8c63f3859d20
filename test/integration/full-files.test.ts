import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { playoutArgv } from '../../src/actuate/ffmpeg/playout-argv.ts';
import { uplinkArgv } from '../../src/actuate/ffmpeg/uplink-argv.ts';
import { LARGEST_FILE_BYTES, playoutCommand, uplinkCommand } from '../../src/actuate/process/pipeline.ts';
import type { Role } from '../../src/reconcile/model/run.ts';
import { slateSpec } from '../../src/reconcile/playout/spec.ts';
import { runFiles } from '../../src/state/files.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type RtmpSink, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { makeStage, type Stage } from '../observe/processes/marked.ts';
import { NO_ARTWORK } from '../../src/reconcile/model/playout.ts';
import { SPEC } from '../reconcile/world-builder.ts';

interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

describe('a stream whose files are as large as they may get', () => {
  let stage: Stage;
  let sink: RtmpSink;
  beforeEach(async () => {
    stage = makeStage();
    sink = await startRtmpSink();
  });
  afterEach(async () => {
    await stage.cleanup();
    await sink.stop();
  });

  /** Starts a run with a full log and a full progress file. */
  const start = (role: Role, command: Command, fds: readonly (number | null)[]): void => {
    const { progress, log } = runFiles(role, 'r');
    for (const name of [progress, log]) writeFileSync(join(stage.dir, name), '');
    const progressFd = openSync(join(stage.dir, progress), 'a');
    for (const name of [progress, log]) truncateSync(join(stage.dir, name), LARGEST_FILE_BYTES);
    const feed = role === 'uplink' ? { stdin: stage.feed.fifoFd } : { stdout: stage.feed.fifoFd };
    stage.start(role, 'r', command.program, command.args, { ...feed, extraFds: [...fds, progressFd] });
    closeSync(progressFd);
  };

  it('goes on', async () => {
    const key = { kind: 'argv', streamKey: 'key' } as const;
    const target = { url: sink.url, key, caFile: null, ffmpegVersion: '5.1.9' };
    start('uplink', uplinkCommand('ffmpeg', uplinkArgv(target)), [stage.feed.uplinkLockFd, null]);
    const slate = playoutArgv(slateSpec(SPEC, NO_ARTWORK), null, { toneMapping: true });
    start('playout', playoutCommand('ffmpeg', slate, null), [stage.feed.programLockFd, null, null, null]);
    await eventually(() => expect(sink.sessions[0]?.messages.at(-1)?.timestampMs).toBeGreaterThan(3_000));
  });
});
