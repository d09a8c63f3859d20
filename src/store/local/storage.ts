import type { BigIntStats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import type { ListedObject } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { compareNaturally } from '../key-order.ts';
import { isHidden, isInside, isMediaObject, localKeyProblem } from '../keys.ts';
import { badKey, ioFailure, NO_DIRECTORY, notAFile, outside } from './failure.ts';
import { type MediaResult, type Storage, failed } from '../port.ts';

/** Deeper than any folder tree that a person made; a loop of mounts ends here. */
const MAX_DEPTH = 32;
/** A listing that failed is made again after a second, so this is half a minute. */
const FAILS_FOR_GOOD = 30;

/**
 * A directory as a store: keys are relative paths. It cannot be left: neither by `..`, nor by an absolute key, nor by a
 * symbolic link. Links to files within are objects; links to folders are not walked, so that loops end.
 *
 * A listing leaves out what is gone and what this user may not read, such as `lost+found`: that stays so, and would make all
 * of the directory useless. Any other failure (EIO, EMFILE, ESTALE) tells nothing of the object, so the listing fails: without
 * that object it would count as the whole, and the item on air would fall out of the programme. What has failed in
 * `FAILS_FOR_GOOD` listings one after the other, as on a bad sector, is left out, so that the rest is played after a restart, too.
 */
export function createLocalStorage(
  directory: string,
  getStreamUrl: Storage['getStreamUrl'],
  maxObjects: number,
): Storage {
  /** In how many listings up to the last one each of these keys has failed. */
  const failures = new Map<string, number>();
  return {
    getStreamUrl,

    async listMedia(prefix) {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const problem = folder === '' ? null : localKeyProblem(folder.slice(0, -1));
      if (problem !== null) return failed(badKey(prefix, problem));
      const root = await realRoot(directory);
      if (root === null) return failed(NO_DIRECTORY);
      const found: ListedObject[] = [];
      const failure = await walk({ root, prefix, found, maxObjects, failures }, folder, 0);
      // As in S3, a prefix without objects is an empty list.
      if (failure !== null && failure.reason !== 'MediaNotFound') return failed(failure);
      return { kind: 'ok', value: found.sort((a, b) => compareNaturally(a.key, b.key)) };
    },

    async statMedia(key) {
      const problem = localKeyProblem(key);
      if (problem !== null) return failed(badKey(key, problem));
      const root = await realRoot(directory);
      return root === null ? failed(NO_DIRECTORY) : statWithin(root, key);
    },
  };
}

interface Walk {
  readonly root: string;
  readonly prefix: string;
  readonly found: ListedObject[];
  readonly maxObjects: number;
  readonly failures: Map<string, number>;
}

/** Answers with what keeps the folder from being listed; null = nothing does. */
async function walk(task: Walk, folder: string, depth: number): Promise<MediaFailure | null> {
  const { root, prefix, found, maxObjects, failures } = task;
  if (depth > MAX_DEPTH) return null;
  let untold: MediaFailure | null = null;
  try {
    // Linked folders are not walked, so a prefix that leads through one has no objects.
    const isPrefix = depth === 0 && folder !== '';
    if (isPrefix && (await realpath(`${root}/${folder}`)) !== `${root}/${folder.slice(0, -1)}`) return null;
    for await (const entry of await opendir(`${root}/${folder}`)) {
      if (found.length >= maxObjects) return untold;
      const key = `${folder}${entry.name}`;
      if (isHidden(entry.name)) continue;
      let failure: MediaFailure | null = null;
      if (entry.isDirectory()) {
        const mayMatch = `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
        if (mayMatch) failure = await walk(task, `${key}/`, depth + 1);
      } else if (key.startsWith(prefix)) {
        const object = await statWithin(root, key);
        if (object.kind === 'failed') failure = object.failure;
        else if (isMediaObject(key, object.value.sizeBytes)) found.push(object.value);
      }
      const times = failure !== null && isUntold(failure) ? (failures.get(key) ?? 0) + 1 : 0;
      if (times === 0) failures.delete(key);
      else failures.set(key, times);
      if (times > 0 && times < FAILS_FOR_GOOD) untold = failure;
    }
    return untold;
  } catch (error) {
    return ioFailure(error, folder);
  }
}

/** Whether the failure is neither that the object is gone, nor that it may not be read. */
const isUntold = ({ reason }: MediaFailure): boolean => reason !== 'MediaNotFound' && reason !== 'MediaForbidden';

async function statWithin(root: string, key: string): Promise<MediaResult<ListedObject>> {
  try {
    const path = await realpath(`${root}/${key}`);
    if (!isInside(root, path)) return failed(outside(key));
    const stats = await stat(path, { bigint: true });
    return stats.isFile() ? { kind: 'ok', value: listed(key, stats) } : failed(notAFile(key));
  } catch (error) {
    return failed(ioFailure(error, key));
  }
}

function listed(key: string, stats: BigIntStats): ListedObject {
  // By the inode a file is known as new that has the old one's size and time (cp -p, rsync -t).
  return { key, version: `${stats.size}-${stats.mtimeNs}-${stats.ino}`, sizeBytes: Number(stats.size) };
}

const realRoot = (directory: string): Promise<string | null> => realpath(directory).catch(() => null);
