import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Feed, openFeed } from '../../../src/actuate/feed.ts';
import { playoutCommand, uplinkCommand } from '../../../src/actuate/process/pipeline.ts';
import { feedInUse } from '../../../src/observe/runs/feed-in-use.ts';
import { STATE_FILES } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isAlive, processesWithMarker, signalPid } from '../../fixtures/workspace.ts';
import { makeStage, openForReading, type Stage } from '../processes/marked.ts';

let stage: Stage;
let next: Feed | null;

beforeEach(() => {
  stage = makeStage();
  next = null;
});
afterEach(async () => {
  next?.close();
  await stage.cleanup();
});

const inode = (file: string | number): number => {
  if (typeof file === 'number') return fstatSync(file).ino;
  const { fd, close } = openForReading(file);
  try {
    return fstatSync(fd).ino;
  } finally {
    close();
  }
};

/** An uplink that reads nothing, as far as the kernel is concerned a real one. */
function startUplink(runId: string): number {
  const { program, args } = uplinkCommand('sleep', ['300']);
  const { fifoFd, uplinkLockFd } = stage.feed;
  return stage.start('uplink', runId, program, args, { stdin: fifoFd, extraFds: [uplinkLockFd] });
}

const holds = (pid: number, file: number): void => {
  const { ino } = fstatSync(file);
  expect(readFileSync('/proc/locks', 'utf8')).toMatch(new RegExp(`WRITE ${pid} [0-9a-f:]+:${ino} `));
};
/** The gate is the one process of the run that does not lead its session. */
const gateOf = (pid: number): number =>
  processesWithMarker(`=${stage.stateId}:playout:`).find((other) => other !== pid) ?? 0;

const emptyDir = (): void => {
  rmSync(stage.dir, { recursive: true });
  mkdirSync(stage.dir, { mode: 0o700 });
};

const nextDaemon = (): Feed => (next = openFeed(stage.dir, feedInUse(stage.stateId)));

describe('the feed that living runs use', () => {
  it('is none where none lives', () => {
    expect(feedInUse(stage.stateId)).toEqual({});
  });

  it('is none of another state directory', async () => {
    const pid = startUplink('u1');
    await eventually(() => holds(pid, stage.feed.uplinkLockFd));
    expect(feedInUse('ffffffffffffffff')).toEqual({});
  });

  it('is not taken for none where the processes cannot be read', () => {
    expect(() => feedInUse(stage.stateId, '/proc/nowhere')).toThrow('/proc/nowhere cannot be read: ENOENT');
  });

  it('is the FIFO and the lock of an uplink', async () => {
    const pid = startUplink('u1');
    await eventually(() => holds(pid, stage.feed.uplinkLockFd));
    const { fifo, uplinkLock, programLock } = feedInUse(stage.stateId);
    expect(inode(uplinkLock ?? '')).toBe(inode(stage.feed.uplinkLockFd));
    expect(fstatOf(fifo)).toBe(fstatSync(stage.feed.fifoFd).ino);
    expect(programLock).toBeUndefined();
  });

  it('is the FIFO and the lock of a playout, whoever else is gone', async () => {
    const pid = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => holds(gateOf(pid), stage.feed.programLockFd));
    const { fifo, uplinkLock, programLock } = feedInUse(stage.stateId);
    expect(inode(programLock ?? '')).toBe(inode(stage.feed.programLockFd));
    expect(fstatOf(fifo)).toBe(fstatSync(stage.feed.fifoFd).ino);
    expect(uplinkLock).toBeUndefined();
  });

  it('is not the pipe between FFmpeg and a gate that has died', async () => {
    const pid = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => holds(gateOf(pid), stage.feed.programLockFd));
    signalPid(gateOf(pid), 'SIGKILL');
    await eventually(() => expect(gateOf(pid)).toBe(0));
    const { fifo, programLock } = feedInUse(stage.stateId);
    expect(fifo).toBeUndefined();
    expect(inode(programLock ?? '')).toBe(inode(stage.feed.programLockFd));
  });

  it('is not what a run without descriptors has', async () => {
    stage.start('uplink', 'u1', 'sleep', ['300'], { stdin: '' });
    await eventually(() => expect(processesWithMarker(`=${stage.stateId}:uplink:`)).toHaveLength(1));
    expect(feedInUse(stage.stateId)).toEqual({});
  });
});

const fstatOf = (path: string | undefined): number => {
  const fd = openSync(path ?? '', constants.O_RDWR);
  try {
    return fstatSync(fd).ino;
  } finally {
    closeSync(fd);
  }
};

describe('after the state directory was deleted and made anew, the next daemon', () => {
  it('goes on with the FIFO and the locks of what lives', async () => {
    const uplink = startUplink('u1');
    const playout = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => holds(uplink, stage.feed.uplinkLockFd));
    await eventually(() => holds(gateOf(playout), stage.feed.programLockFd));
    emptyDir();
    const feed = nextDaemon();
    for (const name of ['fifoFd', 'programLockFd', 'uplinkLockFd'] as const)
      expect({ [name]: inode(feed[name]) }).toEqual({ [name]: inode(stage.feed[name]) });
  });

  it('starts a playout whose bytes reach the living uplink, in line behind the living one', async () => {
    const uplink = startUplink('u1');
    const first = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => holds(uplink, stage.feed.uplinkLockFd));
    await eventually(() => holds(gateOf(first), stage.feed.programLockFd));
    emptyDir();
    const feed = nextDaemon();
    const { program, args } = playoutCommand('/bin/sh', ['-c', 'printf from-the-next; exec sleep 300'], null);
    stage.start('playout', 'p2', program, args, { stdout: feed.fifoFd, extraFds: [feed.programLockFd] });
    const { ino } = fstatSync(stage.feed.programLockFd);
    await eventually(() =>
      expect(readFileSync('/proc/locks', 'utf8')).toMatch(
        new RegExp(`-> FLOCK +ADVISORY +WRITE \\d+ [0-9a-f:]+:${ino} `),
      ),
    );
    signalPid(-first, 'SIGKILL');
    const reader = openSync(`/proc/${uplink}/fd/0`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(256);
      let seen = '';
      await eventually(() => {
        seen += buffer.toString('utf8', 0, readSync(reader, buffer));
        // Each playout begins with zeros.
        expect(seen.replaceAll('\0', '')).toBe('from-the-next');
      });
    } finally {
      closeSync(reader);
    }
  });

  it('cannot start a second uplink beside the living one', async () => {
    const uplink = startUplink('u1');
    await eventually(() => holds(uplink, stage.feed.uplinkLockFd));
    emptyDir();
    const feed = nextDaemon();
    const { program, args } = uplinkCommand('sleep', ['300']);
    const second = stage.start('uplink', 'u2', program, args, {
      stdin: feed.fifoFd,
      extraFds: [feed.uplinkLockFd],
    });
    await eventually(() => expect(isAlive(second)).toBe(false));
    expect(isAlive(uplink)).toBe(true);
  });

  it('makes new ones where nothing lives', () => {
    emptyDir();
    const feed = nextDaemon();
    expect(inode(feed.programLockFd)).not.toBe(inode(stage.feed.programLockFd));
    expect(inode(feed.programLockFd)).toBe(inode(join(stage.dir, STATE_FILES.programLock)));
  });

  it('takes what lives and makes what is missing', async () => {
    const pid = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => holds(gateOf(pid), stage.feed.programLockFd));
    emptyDir();
    const feed = nextDaemon();
    expect(inode(feed.fifoFd)).toBe(inode(stage.feed.fifoFd));
    expect(inode(feed.programLockFd)).toBe(inode(stage.feed.programLockFd));
    expect(inode(feed.uplinkLockFd)).toBe(inode(join(stage.dir, STATE_FILES.uplinkLock)));
  });
});
