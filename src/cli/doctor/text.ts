import type { Finding, Verdict } from './finding.ts';
import { printable, wrapped } from '../../text/terminal.ts';

interface DoctorTextOptions {
  readonly colour: boolean;
  /** Columns to wrap at; null = no terminal, one line each. */
  readonly width: number | null;
}

const VERDICT_COLUMNS = 9;
const CHECK_COLUMNS = 18;
const NARROW = 70;

const COLOURS: Readonly<Record<Verdict, string>> = { ok: '32', warning: '33', failed: '1;31', unknown: '36' };

/** The findings for people, and a last line that sums them up. */
export function doctorLines(findings: readonly Finding[], options: DoctorTextOptions): string[] {
  return [...findings.flatMap((finding) => linesOf(finding, options)), summaryOf(findings)];
}

function linesOf({ check, verdict, message, remedy }: Finding, { colour, width }: DoctorTextOptions): string[] {
  const isNarrow = width !== null && width < NARROW;
  const indent = isNarrow ? 2 : VERDICT_COLUMNS + CHECK_COLUMNS;
  const room = width === null ? Infinity : Math.max(20, width - indent);
  const texts = [...fitted(message, room), ...(remedy === null ? [] : fitted(`> ${remedy}`, room))];
  const word = colour ? `\u001b[${COLOURS[verdict]}m${verdict}\u001b[0m` : verdict;
  const head = `${word}${' '.repeat(VERDICT_COLUMNS - verdict.length)}${check}`;
  const [first = '', ...rest] = texts;
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `${' '.repeat(indent)}${line}`);
  return isNarrow
    ? [head, ...indented(texts)]
    : [`${head}${' '.repeat(Math.max(1, CHECK_COLUMNS - check.length))}${first}`, ...indented(rest)];
}

const fitted = (text: string, room: number): string[] =>
  room === Infinity ? [printable(text)] : wrapped(printable(text), room);

function summaryOf(findings: readonly Finding[]): string {
  const count = (verdict: Verdict): number => findings.filter((finding) => finding.verdict === verdict).length;
  const parts = (['failed', 'warning', 'unknown', 'ok'] as const).flatMap((verdict) => {
    const found = count(verdict);
    return found === 0 ? [] : [`${String(found)} ${verdict}`];
  });
  return parts.join(', ');
}
