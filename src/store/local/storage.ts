import type { BigIntStats } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import type { ListedObject } from '../../reconcile/model/item.ts';
import { compareNaturally } from '../key-order.ts';
import { isHidden, isInside, isMediaObject, localKeyProblem } from '../keys.ts';
import { localFailed, localFailure } from './failure.ts';
import { type MediaResult, type Storage, failed } from '../port.ts';

/** Deeper than any folder tree that a person made; a loop of mounts ends here. */
const MAX_DEPTH = 32;

/**
 * A directory as a store: keys are relative paths. It cannot be left: neither by `..`, nor by an absolute key, nor by a
 * symbolic link. Links to files within are objects; links to folders are not walked, so that loops end.
 */
export function createLocalStorage(
  directory: string,
  getStreamUrl: Storage['getStreamUrl'],
  maxObjects: number,
): Storage {
  return {
    getStreamUrl,

    async listMedia(prefix) {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const problem = folder === '' ? null : localKeyProblem(folder.slice(0, -1));
      if (problem !== null) return localFailed({ kind: 'bad-key', problem }, prefix);
      const root = await realRoot(directory);
      if (root === null) return localFailed({ kind: 'no-directory' }, prefix);
      const found: ListedObject[] = [];
      try {
        // Linked folders are not walked, so a prefix that leads through one has no objects.
        if (folder === '' || (await realpath(`${root}/${folder}`)) === `${root}/${folder.slice(0, -1)}`) {
          await walk({ root, prefix, found, maxObjects }, folder, 0);
        }
      } catch (error) {
        const failure = localFailure({ kind: 'io', error }, prefix);
        // As in S3, a prefix without objects is an empty list.
        if (failure.reason !== 'MediaNotFound') return failed(failure);
      }
      return { kind: 'ok', value: found.sort((a, b) => compareNaturally(a.key, b.key)) };
    },

    async statMedia(key) {
      const problem = localKeyProblem(key);
      if (problem !== null) return localFailed({ kind: 'bad-key', problem }, key);
      const root = await realRoot(directory);
      return root === null ? localFailed({ kind: 'no-directory' }, key) : statWithin(root, key);
    },
  };
}

interface Walk {
  readonly root: string;
  readonly prefix: string;
  readonly found: ListedObject[];
  readonly maxObjects: number;
}

async function walk(task: Walk, folder: string, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for await (const entry of await opendir(`${task.root}/${folder}`)) {
    if (task.found.length >= task.maxObjects) return;
    const key = `${folder}${entry.name}`;
    if (isHidden(entry.name)) continue;
    if (entry.isDirectory()) {
      const mayMatch = `${key}/`.startsWith(task.prefix) || task.prefix.startsWith(`${key}/`);
      // A folder that cannot be opened, or is gone, costs its own objects only.
      if (mayMatch) await walk(task, `${key}/`, depth + 1).catch(() => undefined);
    } else if (key.startsWith(task.prefix)) {
      const object = await statWithin(task.root, key);
      if (object.kind === 'ok' && isMediaObject(key, object.value.sizeBytes)) task.found.push(object.value);
    }
  }
}

async function statWithin(root: string, key: string): Promise<MediaResult<ListedObject>> {
  try {
    const path = await realpath(`${root}/${key}`);
    if (!isInside(root, path)) return localFailed({ kind: 'outside' }, key);
    const stats = await stat(path, { bigint: true });
    return stats.isFile() ? { kind: 'ok', value: listed(key, stats) } : localFailed({ kind: 'not-a-file' }, key);
  } catch (error) {
    return localFailed({ kind: 'io', error }, key);
  }
}

function listed(key: string, stats: BigIntStats): ListedObject {
  // By the inode a file is known as new that has the old one's size and time (cp -p, rsync -t).
  return { key, version: `${stats.size}-${stats.mtimeNs}-${stats.ino}`, sizeBytes: Number(stats.size) };
}

const realRoot = (directory: string): Promise<string | null> => realpath(directory).catch(() => null);
