import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { CHILD_ENV } from '../system/programs.ts';

/**
 * Holds a state directory for one daemon: an abstract socket, which the kernel removes with its process. Its name is
 * padded to 107 characters, as some versions of Node pad the address and others do not.
 */
export interface DaemonLock {
  release(): void;
}

const NAME_LENGTH = 107;

/** null = another daemon holds it. */
export function takeDaemonLock(stateId: string): Promise<DaemonLock | null> {
  const server: Server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(`\0${`stream-controller-${stateId}-`.padEnd(NAME_LENGTH, 'x')}`, () => {
      server.unref();
      resolve({ release: () => server.close() });
    });
  });
}

/** The exit code of flock(1) where another process holds the lock; its other codes mean failures. */
const HELD_BY_ANOTHER = 99;

/**
 * A second lock, on the directory's inode: an abstract socket is seen within its network namespace only, and any user of
 * the machine can take its name. Node has no flock(2), so flock(1) locks the open file that it is handed, and this process
 * keeps it open. null = another daemon holds the lock; `unsupported`: this file system has none (a directory on NFS).
 */
export function lockStateDir(path: string): DaemonLock | 'unsupported' | null {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const { status } = spawnSync('flock', ['--nonblock', '--conflict-exit-code', String(HELD_BY_ANOTHER), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: CHILD_ENV,
  });
  if (status === 0) return { release: () => closeSync(fd) };
  closeSync(fd);
  return status === HELD_BY_ANOTHER ? null : 'unsupported';
}
