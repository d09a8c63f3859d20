import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { shownKey } from '../keys.ts';
import { errorCode } from '../../system/errors.ts';
import { failed } from '../port.ts';

/** What went wrong with the local media directory. */
type LocalTrouble =
  | { readonly kind: 'no-directory' }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'bad-key'; readonly problem: string }
  | { readonly kind: 'outside' }
  | { readonly kind: 'not-a-file' }
  | { readonly kind: 'io'; readonly error: unknown }
  | { readonly kind: 'write'; readonly error: unknown };

/** One line that says what to do. Names the key, never a path: messages reach /health. */
export function localFailure(trouble: LocalTrouble, key: string): MediaFailure {
  switch (trouble.kind) {
    case 'no-directory':
      return {
        reason: 'StorageBucketMissing',
        message: 'the media directory does not exist or cannot be read: create it or correct STORAGE_LOCAL_DIR',
      };
    case 'hangs':
      return {
        reason: 'StorageUnreachable',
        message: 'the media directory does not answer: see whether the mount it is on hangs',
      };
    case 'bad-key':
      return { reason: 'MediaForbidden', message: `key ${shownKey(key)} ${trouble.problem}` };
    case 'outside':
      return {
        reason: 'MediaForbidden',
        message: `${shownKey(key)} is a symbolic link out of the media directory: put the file itself there`,
      };
    case 'not-a-file':
      return { reason: 'MediaNotFound', message: `${shownKey(key)} is not a regular file` };
    case 'io':
      return ioFailure(trouble.error, key);
    case 'write':
      return writeFailure(trouble.error, key);
  }
}

/** The same as the answer of a store. */
export const localFailed = (trouble: LocalTrouble, key: string): ReturnType<typeof failed> =>
  failed(localFailure(trouble, key));

function writeFailure(error: unknown, key: string): MediaFailure {
  const code = errorCode(error, 'unknown error');
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return {
        reason: 'MediaForbidden',
        message: `${shownKey(key)} may not be written: give this user write permission in the media directory`,
      };
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        reason: 'StorageError',
        message: `no room for ${shownKey(key)}: the disk of the media directory is full`,
      };
    case 'ENOTDIR':
      return { reason: 'MediaForbidden', message: `${shownKey(key)} lies below a file: choose another key` };
    default:
      return { reason: 'StorageError', message: `${shownKey(key)} cannot be written (${code})` };
  }
}

function ioFailure(error: unknown, key: string): MediaFailure {
  const code = errorCode(error, 'unknown error');
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return { reason: 'MediaNotFound', message: `${shownKey(key)} does not exist: upload it or correct desired.yaml` };
    case 'EACCES':
    case 'EPERM':
      return { reason: 'MediaForbidden', message: `${shownKey(key)} may not be read: check its permissions` };
    case 'ELOOP':
      return { reason: 'MediaForbidden', message: `${shownKey(key)} is a loop of symbolic links` };
    default:
      return {
        reason: 'StorageError',
        message: `${shownKey(key)} cannot be read (${code})`,
      };
  }
}
