/**
 * Compares two keys the way people number files: runs of digits by value, all else by code unit. A total order: 0 only
 * for equal strings. Depends on no locale, so that every machine plays a prefix in the same order.
 */
export function compareNaturally(left: string, right: string): number {
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    if (isDigit(left, i) && isDigit(right, j)) {
      const leftEnd = endOfDigits(left, i);
      const rightEnd = endOfDigits(right, j);
      const byValue = compareNumbers(left.slice(i, leftEnd), right.slice(j, rightEnd));
      if (byValue !== 0) return byValue;
      i = leftEnd;
      j = rightEnd;
      continue;
    }
    const byUnit = left.charCodeAt(i) - right.charCodeAt(j);
    if (byUnit !== 0) return byUnit;
    i += 1;
    j += 1;
  }
  const byRest = left.length - i - (right.length - j);
  // `1.mp4` and `01.mp4` have the same number, so their spelling decides.
  return byRest !== 0 ? byRest : compareUnits(left, right);
}

/** Compares by text: a number loses precision from 16 digits on. */
function compareNumbers(left: string, right: string): number {
  const a = left.replace(/^0+(?=\d)/, '');
  const b = right.replace(/^0+(?=\d)/, '');
  return a.length !== b.length ? a.length - b.length : compareUnits(a, b);
}

function compareUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text, end)) end += 1;
  return end;
}
