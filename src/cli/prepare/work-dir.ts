import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeStateDir } from '../../state/state-dir.ts';
import { errorCode } from '../../system/errors.ts';

/** A finished file that was not uploaded in this time is deleted. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * The directory for files under way, mode 0700 and this user's own: below TMPDIR where that is set, else in the state
 * directory, since /tmp may be in memory. What dead runs left there is removed. Throws where it cannot be made.
 */
export function openWorkDir(tmpDir: string | null, stateDir: string): string {
  const dir =
    tmpDir === null
      ? join(makeStateDir(stateDir), 'prepare')
      : join(tmpDir, `stream-controller-prepare-${String(process.getuid?.() ?? 0)}`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  // TMPDIR may be a directory that everybody writes to, and somebody else may have made this one.
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(`${dir} is not a directory of this user alone (mode 0700)`);
  }
  sweep(dir);
  return dir;
}

/** The name of a file until it is finished; it holds the PID of the process that makes it. */
export const partOf = (finished: string): string => `${finished}.${process.pid}.part`;

function sweep(dir: string): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    const pid = /\.(\d+)\.part$/.exec(name)?.[1];
    const stats = statSync(path, { throwIfNoEntry: false });
    const abandoned = pid === undefined ? Date.now() - (stats?.mtimeMs ?? 0) > KEPT_MS : !isAlive(Number(pid));
    if (abandoned) rmSync(path, { force: true, recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error, '') === 'EPERM';
  }
}
