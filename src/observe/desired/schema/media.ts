import { z } from 'zod';
import type { MediaSource } from '../../../reconcile/model/desired.ts';
import { MAX_KEY_BYTES } from '../../../store/keys.ts';
import { complaint } from '../../../text/complaint.ts';

const MAX_LIST = 10_000;
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;
/** The same for editors; JSON Schema patterns know no flags. */
const NOT_A_URL = '^(?![A-Za-z][A-Za-z0-9+.-]*://)';

const A_KEY = 'an object key of 1 to 1024 bytes, such as loops/rain.mp4';
const A_MEDIA = 'an object key, a list of 1 to 10000 keys, or a prefix that ends in /';
const QUOTE_HINT = 'put quotes around a key that looks like something else';

const keyInList = keyText('a list holds keys only; a prefix that ends in / stands alone: media: loops/');

/** `media`: a key, a list of keys, or a prefix that ends in `/`. */
export const mediaSchema = z
  .union([keyText(null), z.array(keyInList).min(1, { error: atList }).max(MAX_LIST, { error: atList })], {
    error: (issue) => complaint(issue.input, A_MEDIA, isScalar(issue.input) ? QUOTE_HINT : undefined),
  })
  .transform((media): MediaSource => {
    if (Array.isArray(media)) return { kind: 'list', keys: media };
    return media.endsWith('/') ? { kind: 'prefix', prefix: media } : { kind: 'key', key: media };
  });

/** `slate` and `visual`: the key of one object, or null. */
export const optionalKeySchema = keyText('a single object is wanted, not a prefix').nullable();

/** A key; `prefixRefusal` says why one ending in `/` is refused, null lets it pass. */
function keyText(prefixRefusal: string | null) {
  return z
    .string({ error: (issue) => complaint(issue.input, A_KEY, isScalar(issue.input) ? QUOTE_HINT : undefined) })
    .superRefine((key, context) => {
      const message = keyFault(key, prefixRefusal);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .meta({
      minLength: 1,
      maxLength: MAX_KEY_BYTES,
      pattern: `${NOT_A_URL}${prefixRefusal === null ? '' : '[\\s\\S]*[^/]$'}`,
    });
}

function keyFault(key: string, prefixRefusal: string | null): string | null {
  // Never shown: it may be a signed URL.
  if (URL_START.test(key))
    return `found a URL (not shown); accepted: ${A_KEY} (the key alone, without host and bucket)`;
  if (key.length === 0) return complaint(key, A_KEY);
  if (key.includes('\0')) return complaint(key, A_KEY, 'a key holds no NUL character');
  if (!key.isWellFormed()) return complaint(key, A_KEY, 'half of a surrogate pair cannot be written as UTF-8');
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > MAX_KEY_BYTES) return complaint(key, A_KEY, `this one has ${String(sizeBytes)} bytes`);
  if (prefixRefusal !== null && key.endsWith('/')) return complaint(key, A_KEY, prefixRefusal);
  return null;
}

function atList(issue: { readonly input: unknown }): string {
  return complaint(issue.input, A_MEDIA);
}

function isScalar(input: unknown): boolean {
  return typeof input === 'number' || typeof input === 'boolean';
}
