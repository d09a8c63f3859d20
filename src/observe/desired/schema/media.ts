import { z } from 'zod';
import { type MediaSource, MOST_VISUALS } from '../../../reconcile/model/desired.ts';
import { MAX_KEY_BYTES } from '../../../store/keys.ts';
import { complaint } from '../../../text/complaint.ts';
import { accepting } from './accepting.ts';

const MAX_LIST = 10_000;
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;
/** The opposite of `URL_START` as a JSON Schema pattern, which knows no flags. */
const NOT_A_URL = '^(?![A-Za-z][A-Za-z0-9+.-]*://)';

const A_KEY = 'an object key of 1 to 1024 bytes, such as loops/rain.mp4';
const QUOTE_HINT = 'put quotes around a key that looks like something else';

/** `media`: a key, a list of keys, or a prefix that ends in `/`. */
export const mediaSchema = sourceSchema('media: loops/', MAX_LIST);

/** `visual`: as `media` with at most 32 keys, or null. */
export const visualSchema = sourceSchema('visual: visuals/', MOST_VISUALS).nullable();

/** `example`: how a prefix is written, for the hint. */
function sourceSchema(example: string, mostKeys: number) {
  const accepted = `an object key, a list of 1 to ${mostKeys} keys, or a prefix that ends in /`;
  const keyInList = keyText(`a list holds keys only; a prefix that ends in / stands alone: ${example}`);
  const atList = accepting(accepted);
  return z
    .union([keyText(null), z.array(keyInList).min(1, { error: atList }).max(mostKeys, { error: atList })], {
      error: accepting(accepted, quoteHint),
    })
    .transform((source): MediaSource => {
      if (Array.isArray(source)) return { kind: 'list', keys: source };
      return source.endsWith('/') ? { kind: 'prefix', prefix: source } : { kind: 'key', key: source };
    });
}

/** `slate`: the key of one object, or null. */
export const optionalKeySchema = keyText('a single object is wanted, not a prefix').nullable();

/** A key. `prefixRefusal`: why a key ending in `/` is refused; null = it is accepted. */
function keyText(prefixRefusal: string | null) {
  return z
    .string({ error: accepting(A_KEY, quoteHint) })
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
  // The URL is not shown, as it may be signed.
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

function quoteHint(found: unknown): string | undefined {
  return typeof found === 'number' || typeof found === 'boolean' ? QUOTE_HINT : undefined;
}
