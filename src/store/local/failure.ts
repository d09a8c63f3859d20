import type { MediaFailure, MediaFailureReason } from '../../reconcile/model/reasons.ts';
import { shownKey } from '../keys.ts';
import { errorCode } from '../../system/errors.ts';

/** Each failure is one line that says what to do. It names the key, never a path: messages reach /health. */
const failure = (reason: MediaFailureReason, message: string): MediaFailure => ({ reason, message });

const OUTSIDE = 'is a symbolic link out of the media directory: put the file itself there';
const READ_ONLY = 'may not be written: give this user write permission in the media directory';

/** There is no media directory, or it cannot be read. */
export const NO_DIRECTORY = failure(
  'StorageBucketMissing',
  'the media directory does not exist or cannot be read: create it or correct STORAGE_LOCAL_DIR',
);
/** The media directory gives no answer in time. */
export const HANGS = failure(
  'StorageUnreachable',
  'the media directory does not answer: see whether the mount it is on hangs',
);

/** A key, or the folder of a prefix, that no file of the directory can have. */
export const badKey = (key: string, problem: string): MediaFailure =>
  failure('MediaForbidden', `key ${shownKey(key)} ${problem}`);

/** An object whose real path leads out of the directory. */
export const outside = (key: string): MediaFailure => failure('MediaForbidden', `${shownKey(key)} ${OUTSIDE}`);

/** A folder, a FIFO, a device. */
export const notAFile = (key: string): MediaFailure =>
  failure('MediaNotFound', `${shownKey(key)} is not a regular file`);

/** What the system said when the object was to be written. */
export function writeFailure(error: unknown, key: string): MediaFailure {
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

/** What the system said when the object was to be read. */
export function ioFailure(error: unknown, key: string): MediaFailure {
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
