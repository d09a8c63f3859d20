import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { CHILD_ENV } from '../system/programs.ts';

/**
 * One daemon per state directory, by the kernel's word: an abstract socket that vanishes with its process. The name is
 * padded to 107 characters, as Node pads the address in some versions and not in others.
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

/** flock(1) is to end so where somebody else holds the lock; it has other codes for all that goes wrong. */
const HELD_BY_ANOTHER = 99;

/**
 * The same lock once more, on the directory's inode: an abstract socket is seen within its network namespace only, and any
 * user of the machine can take its name. flock(1) locks the open file that it is handed, which stays ours; Node cannot ask
 * for it. null = another daemon holds it; `unsupported`: not on this file system (flock(2) of a directory on NFS).
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
