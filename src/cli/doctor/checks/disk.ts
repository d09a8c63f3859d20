import { accessSync, constants, existsSync, statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { errorCode } from '../../../system/errors.ts';

export interface DiskFacts {
  /** The state directory is there already. */
  readonly exists: boolean;
  readonly isDirectory: boolean;
  /** Why it, or the directory it will be made in, cannot be written; null = it can. */
  readonly refused: string | null;
  readonly freeBytes: number;
  /** null = the file system counts none. */
  readonly freeInodes: number | null;
}

const MB = 1_000_000;
/** Copies of slate and visuals take no more than half of what is free; logs, progress and history some tens of MB. */
const LITTLE_BYTES = 500 * MB;
const TOO_LITTLE_BYTES = 50 * MB;
const FEW_INODES = 2_000;
const TOO_FEW_INODES = 200;

export async function checkDisk({ stateDir }: Situation): Promise<readonly Finding[]> {
  try {
    return judgeDisk(gather(stateDir));
  } catch (error) {
    return [unknown('state', `the state directory cannot be looked at (${errorCode(error)})`)];
  }
}

function gather(stateDir: string): DiskFacts {
  let place = stateDir;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const exists = place === stateDir;
  const { bavail, bsize, files, ffree } = statfsSync(place);
  return {
    exists,
    isDirectory: statSync(place).isDirectory(),
    refused: refusalOf(place),
    freeBytes: bavail * bsize,
    freeInodes: files === 0 ? null : ffree,
  };
}

function refusalOf(path: string): string | null {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

export function judgeDisk(facts: DiskFacts): readonly Finding[] {
  return [judgeState(facts), judgeSpace(facts)];
}

function judgeState({ exists, isDirectory, refused }: DiskFacts): Finding {
  const check = 'state';
  if (!isDirectory) return failed(check, 'the state directory is a file', 'set STREAM_STATE_DIR to a directory');
  if (refused !== null) {
    const what = exists ? 'the state directory cannot be written' : 'the state directory cannot be made';
    const remedy =
      refused === 'EROFS'
        ? 'its file system is read-only: see dmesg, then mount it anew'
        : 'give it to the user the daemon runs as, or ask as that user';
    return failed(check, `${what} (${refused})`, remedy);
  }
  return ok(check, exists ? 'the state directory can be written' : 'the state directory can be made');
}

function judgeSpace({ freeBytes, freeInodes }: DiskFacts): Finding {
  const check = 'disk';
  const text = `${freeBytes < 10_000 * MB ? `${String(Math.floor(freeBytes / MB))} MB` : `${String(Math.floor(freeBytes / (1000 * MB)))} GB`} free`;
  const inodes = freeInodes === null ? '' : `, ${String(freeInodes)} inodes`;
  const remedy = 'make room where the state directory is, or set STREAM_STATE_DIR to another disk';
  if (freeBytes < TOO_LITTLE_BYTES || (freeInodes ?? Infinity) < TOO_FEW_INODES)
    return failed(check, `only ${text}${inodes}`, remedy);
  if (freeBytes < LITTLE_BYTES || (freeInodes ?? Infinity) < FEW_INODES)
    return warning(check, `only ${text}${inodes}`, remedy);
  return ok(check, `${text}${inodes}`);
}
