import { realpath } from 'node:fs/promises';
import { isInside, localKeyProblem } from '../keys.ts';
import { badKey, ioFailure, NO_DIRECTORY, outside } from './failure.ts';
import { failed, type MediaResult } from '../port.ts';

/** Answers with `file:` and the real path of the object. One that lies outside the directory is refused, whatever symbolic links lead there. */
export function createLocalSigner(directory: string): (key: string) => Promise<MediaResult<string>> {
  return async (key) => {
    const problem = localKeyProblem(key);
    if (problem !== null) return failed(badKey(key, problem));
    const root = await realpath(directory).catch(() => null);
    if (root === null) return failed(NO_DIRECTORY);
    try {
      const path = await realpath(`${root}/${key}`);
      return isInside(root, path) ? { kind: 'ok', value: `file:${path}` } : failed(outside(key));
    } catch (error) {
      return failed(ioFailure(error, key));
    }
  };
}
