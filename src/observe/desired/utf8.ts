import { isUtf8 } from 'node:buffer';
import type { SpecProblem } from '../../reconcile/model/desired.ts';

type DecodedText =
  { readonly kind: 'ok'; readonly text: string } | { readonly kind: 'invalid'; readonly problem: SpecProblem };

/** Bytes as text without a byte order mark, or the place of the first byte that is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  if (isUtf8(bytes)) return { kind: 'ok', text: new TextDecoder().decode(bytes) };
  const lines = decodePrefix(bytes, validPrefixLength(bytes), false).split('\n');
  const column = (lines.at(-1) ?? '').length + 1;
  const hint = isUtf16(bytes) ? ' (it looks like UTF-16)' : '';
  return {
    kind: 'invalid',
    problem: { line: lines.length, column, message: `not UTF-8 text${hint}; save the file as UTF-8` },
  };
}

/** Length of the longest beginning that is UTF-8, by bisection. */
function validPrefixLength(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isDecodable(bytes, middle)) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function isDecodable(bytes: Uint8Array, length: number): boolean {
  try {
    decodePrefix(bytes, length, true);
    return true;
  } catch {
    return false;
  }
}

/** Decodes the beginning. As a stream: a last character cut in two is left out, and is no fault. */
function decodePrefix(bytes: Uint8Array, length: number, fatal: boolean): string {
  return new TextDecoder('utf-8', { fatal }).decode(bytes.subarray(0, length), { stream: true });
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
