import { realpath } from 'node:fs/promises';
import { isInside, localKeyProblem } from '../keys.ts';
import { localFailed } from './failure.ts';
import type { MediaResult } from '../port.ts';

/**
 * Answers with `file:` and the real path of the object. A key whose real path lies outside the directory is refused,
 * whatever symbolic links lead there.
 */
export function createLocalSigner(directory: string): (key: string) => Promise<MediaResult<string>> {
  return async (key) => {
    const problem = localKeyProblem(key);
    if (problem !== null) return localFailed({ kind: 'bad-key', problem }, key);
    const root = await realpath(directory).catch(() => null);
    if (root === null) return localFailed({ kind: 'no-directory' }, key);
    try {
      const path = await realpath(`${root}/${key}`);
      return isInside(root, path) ? { kind: 'ok', value: `file:${path}` } : localFailed({ kind: 'outside' }, key);
    } catch (error) {
      return localFailed({ kind: 'io', error }, key);
    }
  };
}
