import type { Storage } from '../port.ts';
import { readIfGiven } from './read-bytes.ts';

/** YouTube's limit for a thumbnail (developers.google.com/youtube/v3/docs/thumbnails/set). */
const LARGEST_PICTURE_BYTES = 2 * 1024 * 1024;
const PATIENCE_MS = 10_000;
const URL_TTL_S = 300;

export interface Picture {
  readonly type: 'image/jpeg' | 'image/png';
  readonly bytes: Uint8Array;
}

type PictureRead =
  | { readonly kind: 'ok'; readonly picture: Picture }
  /** The store does not give it now; another time it may. */
  | { readonly kind: 'unavailable'; readonly why: string }
  /** The object can never be used. */
  | { readonly kind: 'unfit'; readonly why: string };

/** The JPEG or PNG under a key, whole. Never rejects; nothing it says holds an address. */
export async function readPicture(storage: Storage, key: string, caFile: string | null): Promise<PictureRead> {
  const url = await storage.getStreamUrl(key, URL_TTL_S);
  if (url.kind === 'failed') return { kind: 'unavailable', why: url.failure.message };
  try {
    const bytes = await readIfGiven(url.value, 0, MOST_READ_BYTES, { timeoutMs: PATIENCE_MS, caFile });
    if (bytes === null) return { kind: 'unavailable', why: 'the store does not give it' };
    if (bytes.length > LARGEST_PICTURE_BYTES) return { kind: 'unfit', why: 'it is larger than 2 MB' };
    const type = typeOf(bytes);
    if (type === null) return { kind: 'unfit', why: 'it is neither JPEG nor PNG' };
    return { kind: 'ok', picture: { type, bytes } };
  } catch {
    return { kind: 'unavailable', why: 'the store does not answer' };
  }
}

/** One byte more than allowed, so that a larger picture is noticed. */
const MOST_READ_BYTES = LARGEST_PICTURE_BYTES + 1;

function typeOf(bytes: Uint8Array): Picture['type'] | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, index) => bytes[index] === byte);
  return isPng ? 'image/png' : null;
}
