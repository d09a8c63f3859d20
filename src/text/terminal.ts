/** Replaces characters that move the cursor, colour the screen or turn the writing direction by their code points. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return `\\u{${code}}`;
  });
}

/** Columns a text takes on a terminal: wide characters two, combining ones none. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const char of text) columns += /\p{M}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return columns;
}

/** The text in at most `width` columns; `…` stands for what is cut away. */
export function clipped(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  return `${headOf(text, width - 1)}…`;
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

/** Lines of at most `width` columns, broken at spaces; a word longer than a line is cut in pieces. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (columnsOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    while (columnsOf(word) > width) {
      // At least one character, or this loop would not end where a line is too narrow for it.
      const head = headOf(word, width) || String.fromCodePoint(word.codePointAt(0) ?? 0);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

function headOf(text: string, width: number): string {
  let columns = 0;
  let head = '';
  for (const char of text) {
    columns += columnsOf(char);
    if (columns > width) break;
    head += char;
  }
  return head;
}
