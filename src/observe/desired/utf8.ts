import { isUtf8 } from 'node:buffer';
import type { SpecProblem } from '../../reconcile/model/desired.ts';

type DecodedText =
  { readonly kind: 'ok'; readonly text: string } | { readonly kind: 'invalid'; readonly problem: SpecProblem };

/** Bytes as text without a byte order mark, or the place of the first byte that is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  if (isUtf8(bytes)) return { kind: 'ok', text: new TextDecoder().decode(bytes) };
  // What is not UTF-8 comes back as other bytes; a character that is cut in two there is left out.
  const back = Buffer.from(Buffer.from(bytes).toString('utf8'));
  const at = bytes.findIndex((byte, index) => byte !== back[index]);
  const valid = new TextDecoder().decode(at < 0 ? bytes : bytes.subarray(0, at), { stream: true });
  const lines = valid.split('\n');
  const column = (lines.at(-1) ?? '').length + 1;
  const hint = isUtf16(bytes) ? ' (it looks like UTF-16)' : '';
  return {
    kind: 'invalid',
    problem: { line: lines.length, column, message: `not UTF-8 text${hint}; save the file as UTF-8` },
  };
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
