import type { MediaFailure, MediaFailureReason } from '../../reconcile/model/reasons.ts';
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
      return failure('StorageBucketMissing', NO_DIRECTORY);
    case 'hangs':
      return failure('StorageUnreachable', HANGS);
    case 'bad-key':
      return failure('MediaForbidden', `key ${shownKey(key)} ${trouble.problem}`);
    case 'outside':
      return failure('MediaForbidden', `${shownKey(key)} ${OUTSIDE}`);
    case 'not-a-file':
      return failure('MediaNotFound', `${shownKey(key)} is not a regular file`);
    case 'io':
      return ioFailure(trouble.error, key);
    case 'write':
      return writeFailure(trouble.error, key);
  }
}

const NO_DIRECTORY = 'the media directory does not exist or cannot be read: create it or correct STORAGE_LOCAL_DIR';
const HANGS = 'the media directory does not answer: see whether the mount it is on hangs';
const OUTSIDE = 'is a symbolic link out of the media directory: put the file itself there';
const READ_ONLY = 'may not be written: give this user write permission in the media directory';

const failure = (reason: MediaFailureReason, message: string): MediaFailure => ({ reason, message });

/** The same as the answer of a store. */
export const localFailed = (trouble: LocalTrouble, key: string): ReturnType<typeof failed> =>
  failed(localFailure(trouble, key));

function writeFailure(error: unknown, key: string): MediaFailure {
  const code = errorCode(error, 'unknown error');
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return failure('MediaForbidden', `${shownKey(key)} ${READ_ONLY}`);
    case 'ENOSPC':
    case 'EDQUOT':
      return failure('StorageError', `no room for ${shownKey(key)}: the disk of the media directory is full`);
    case 'ENOTDIR':
      return failure('MediaForbidden', `${shownKey(key)} lies below a file: choose another key`);
    default:
      return failure('StorageError', `${shownKey(key)} cannot be written (${code})`);
  }
}

function ioFailure(error: unknown, key: string): MediaFailure {
  const code = errorCode(error, 'unknown error');
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return failure('MediaNotFound', `${shownKey(key)} does not exist: upload it or correct desired.yaml`);
    case 'EACCES':
    case 'EPERM':
      return failure('MediaForbidden', `${shownKey(key)} may not be read: check its permissions`);
    case 'ELOOP':
      return failure('MediaForbidden', `${shownKey(key)} is a loop of symbolic links`);
    default:
      return failure('StorageError', `${shownKey(key)} cannot be read (${code})`);
  }
}
