/** S3 allows 1,024 bytes of UTF-8; local stores follow. */
export const MAX_KEY_BYTES = 1024;

/** Why a string cannot be the key of an object, as the rest of the sentence `key "…" …`; null when it can. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'is empty';
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  if (key.includes('\0')) return 'contains a NUL character';
  return null;
}

/** As `keyProblem`, for keys that become paths: they must not lead out of the directory, nor be a second name of a file. */
export function localKeyProblem(key: string): string | null {
  const problem = keyProblem(key);
  if (problem !== null) return problem;
  if (key.startsWith('/')) return 'is an absolute path; keys are relative to the media directory';
  const segments = key.split('/');
  if (segments.includes('..')) return 'leads out of the media directory';
  if (segments.includes('.') || segments.includes('')) return 'has an empty or "." path segment';
  return null;
}

/** Whether an object is media to play: no folder marker, no empty object, no dotfile such as `.DS_Store` or `._x.mp4`. */
export function isMediaObject(key: string, sizeBytes: number): boolean {
  return sizeBytes > 0 && !key.endsWith('/') && !isHidden(key);
}

/** A dotfile, or anything within a dot folder. */
export function isHidden(key: string): boolean {
  return key.startsWith('.') || key.includes('/.');
}

/** Whether a real path lies within a real directory. */
export function isInside(directory: string, path: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}

/** A key for messages: quoted, without control characters, bounded. */
export function shownKey(key: string): string {
  return JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key);
}
