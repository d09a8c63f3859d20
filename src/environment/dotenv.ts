import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errorCode } from '../system/errors.ts';

const MAX_BYTES = 64 * 1024;

type SmallFile =
  | { readonly kind: 'ok'; readonly text: string; readonly mode: number; readonly ownerUid: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string };

type Dotenv =
  | {
      readonly kind: 'ok';
      readonly values: NodeJS.Dict<string>;
      readonly warnings: readonly string[];
      /** Whose the file is, and whether others can write it; null = there is none. */
      readonly source: { readonly ownerUid: number; readonly isWritable: boolean } | null;
    }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** The variables of a `.env` file (quotes, comments, CRLF and `export` as Node knows them); none when there is no file. */
export function readDotenv(path: string): Dotenv {
  const file = readSmallFile(path);
  if (file.kind === 'absent') return { kind: 'ok', values: {}, warnings: [], source: null };
  if (file.kind === 'unreadable') return { kind: 'unreadable', problem: `${path}: ${file.why}` };
  const isShared = (file.mode & 0o077) !== 0;
  return {
    kind: 'ok',
    values: parseEnv(file.text),
    warnings: isShared ? [`${path} can be read by other users; run: chmod 600 ${path}`] : [],
    source: { ownerUid: file.ownerUid, isWritable: (file.mode & 0o022) !== 0 },
  };
}

/** A file of at most 64 KiB as text. Never throws; a FIFO is refused, not waited for. */
export function readSmallFile(path: string): SmallFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return codeOf(error) === 'ENOENT'
      ? { kind: 'absent' }
      : { kind: 'unreadable', why: `cannot be read (${codeOf(error)})` };
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { kind: 'unreadable', why: 'is not a file' };
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got) {
      got = readSync(descriptor, buffer, length, buffer.length - length, length);
    }
    if (length > MAX_BYTES) return { kind: 'unreadable', why: 'is larger than 64 KiB' };
    return {
      kind: 'ok',
      text: buffer.toString('utf8', 0, length).replace(/^\uFEFF/, ''),
      mode: stats.mode,
      ownerUid: stats.uid,
    };
  } catch (error) {
    return { kind: 'unreadable', why: `cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(descriptor);
  }
}

const codeOf = (error: unknown): string => errorCode(error, 'unknown error');
