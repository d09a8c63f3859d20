const MAX_SHOWN = 60;

/** `found X; accepted: Y`, where X is clipped and harmless to print on a terminal. `undefined` means the key is not there. */
export function complaint(found: unknown, accepted: string, hint?: string): string {
  const what = found === undefined ? 'is missing' : `found ${show(found)}`;
  return `${what}; accepted: ${accepted}${hint === undefined ? '' : ` (${hint})`}`;
}

/** A found value for people: at most 60 characters, control and direction characters escaped. */
export function show(found: unknown): string {
  if (found === null || found === undefined) return 'nothing';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : `a list of ${String(found.length)}`;
  if (typeof found === 'string') return clip(escapeControls(JSON.stringify(found.slice(0, MAX_SHOWN + 1))));
  if (typeof found === 'boolean') return `${String(found)} (a truth value)`;
  if (typeof found === 'number' || typeof found === 'bigint') return `${String(found)} (a number)`;
  return 'a map';
}

/** A text on one line, bounded, without characters that move the cursor or turn the writing direction. */
export function oneLine(text: string, maxLength = 200): string {
  return clip(escapeControls(text), maxLength);
}

function clip(text: string, maxLength = MAX_SHOWN): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
