import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isInside, localKeyProblem } from '../keys.ts';
import { badKey, NO_DIRECTORY, outside, writeFailure } from './failure.ts';
import { failed, type Upload, type UploadEnd, type Uploader } from '../port.ts';
import { errorCode } from '../../system/errors.ts';

/** Other users may read the media directory, too. */
const MODE = 0o644;

/**
 * Uploads into the media directory. Neither the key nor a symbolic link can lead out of it. The bytes have a hidden name
 * until they are complete, and get theirs by a rename. Whoever has the old file open goes on reading it.
 */
export function createLocalUpload(directory: string): Uploader {
  return async (upload) => {
    const { key } = upload;
    const problem = localKeyProblem(key);
    if (problem !== null) return failed(badKey(key, problem));
    const root = await realpath(directory).catch(() => null);
    if (root === null) return failed(NO_DIRECTORY);
    try {
      const folder = await makeFolder(root, dirname(key));
      if (folder === null) return failed(outside(key));
      return await put(upload, folder);
    } catch (error) {
      if (upload.signal.aborted) return { kind: 'aborted' };
      return failed(writeFailure(error, key));
    }
  };
}

/** The real path of the folder, made where it is missing; null = a link leads out of the root. */
async function makeFolder(root: string, folder: string): Promise<string | null> {
  let path = root;
  for (const name of folder === '.' ? [] : folder.split('/')) {
    // One folder at a time, so that nothing is made below a link that leads out.
    await mkdir(join(path, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    path = await realpath(join(path, name));
    if (!isInside(root, path)) return null;
  }
  return path;
}

async function put(upload: Upload, folder: string): Promise<UploadEnd> {
  const { path, key, overwrite, onProgress, signal } = upload;
  const { size } = await stat(path);
  const target = join(folder, basename(key));
  const hidden = join(folder, `.${randomBytes(8).toString('hex')}.part`);
  onProgress(0, size);
  try {
    // On the same disk a link spares the copy.
    await link(path, hidden).catch(() => copy(upload, hidden, size));
    if (signal.aborted) return { kind: 'aborted' };
    await chmod(hidden, MODE);
    if (overwrite) await rename(hidden, target);
    else await renameUnlessThere(hidden, target);
    onProgress(size, size);
    return { kind: 'done' };
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return { kind: 'exists' };
    throw error;
  } finally {
    await rm(hidden, { force: true });
  }
}

async function copy({ path, onProgress, signal }: Upload, hidden: string, sizeBytes: number): Promise<void> {
  let sent = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      sent += chunk.length;
      onProgress(sent, sizeBytes);
      yield chunk;
    }
  };
  const target = createWriteStream(hidden, { flags: 'wx', mode: 0o600 });
  await pipeline(createReadStream(path), counted, target, { signal });
}

/** By a link, which never replaces a file as a rename does. Where the file system has no links the target is looked for first. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    const found = await lstat(to).catch(() => null);
    if (found !== null) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
    await rename(from, to);
  }
}

const codeOf = (error: unknown): string => errorCode(error, '');
