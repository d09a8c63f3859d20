import type { HealthBody } from '../../health/body.ts';
import type { StatusWord } from '../../reconcile/model/status.ts';
import { clipped, printable, wrapped } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import { youTubeTexts } from './youtube-text.ts';

interface TextOptions {
  /** The time for "for how long" and "how long ago", wall milliseconds. */
  readonly nowMs: number;
  readonly colour: boolean;
  /** Columns of the terminal; less than 40 counts as 40. */
  readonly width: number;
  /** Seconds on air since midnight, by the history; absent or null = not known. `/health` does not tell. */
  readonly todayS?: number | null;
}

/** The body of `/health` for people: at most `width` columns a line, without characters that move a terminal's cursor. */
export function statusLines(report: HealthBody, options: TextOptions): string[] {
  const width = Math.max(options.width, NARROWEST);
  const paint = (text: string): string => painted(report.status, text, options.colour);
  const heading = `${report.status}  ${report.reason}  for ${duration(options.nowMs - Date.parse(report.since))}`;
  const [first = '', ...more] = wrapped(printable(heading), width);
  return [
    first.startsWith(report.status) ? paint(report.status) + first.slice(report.status.length) : first,
    ...more,
    ...wrapped(printable(report.message), width - 2).map((line) => `  ${line}`),
    ...rowsOf(report, { ...options, width }).flatMap((row) => laidOut(row, width)),
  ];
}

/** The same in one line, for logs, without what changes every second. */
export function statusSentence(report: HealthBody): string {
  const item = report.playout === null ? 'nothing' : nameOf(report.playout.item);
  const uplink = report.uplink === null ? 'no uplink' : `uplink ${String(report.uplink.pid)}`;
  return printable(`${report.status} ${report.reason}: ${report.message} [${item}, ${uplink}, ${fileText(report)}]`);
}

const NARROWEST = 40;
const LABEL_COLUMNS = 10;
const LONGEST_BAR = 30;
const MOST_PROBLEMS = 5;

const COLOURS: Readonly<Record<StatusWord, string>> = {
  live: '1;32',
  degraded: '1;33',
  stopped: '1;36',
  starting: '1;34',
  stopping: '1;34',
  down: '1;31',
};

const painted = (status: StatusWord, text: string, colour: boolean): string =>
  colour ? `\u001b[${COLOURS[status]}m${text}\u001b[0m` : text;

interface Row {
  readonly label: string;
  readonly texts: readonly string[];
  /** `clip`: the beginning tells enough (keys); `wrap`: every word counts (reasons). */
  readonly long: 'clip' | 'wrap';
}

function rowsOf(report: HealthBody, options: TextOptions): Row[] {
  const { playout, uplink, next, restarts, onAirSeconds } = report;
  // A daemon of an earlier version does not tell.
  const upcoming = report.upcoming ?? null;
  const youtube = report.youtube ?? null;
  const { nowMs, todayS } = options;
  const clip = (label: string, ...texts: string[]): Row => ({ label, texts, long: 'clip' });
  const wrap = (label: string, ...texts: string[]): Row => ({ label, texts, long: 'wrap' });
  const today = todayS === undefined || todayS === null ? '' : `${duration(todayS * 1000)} today, `;
  const lastRestart =
    restarts.lastAt === null
      ? ''
      : `; the last ${duration(nowMs - Date.parse(restarts.lastAt))} ago: ${restarts.lastReason ?? 'no reason known'}`;
  return [
    clip('item', playout === null ? 'none' : itemText(playout, options.width - LABEL_COLUMNS - 2)),
    ...(playout?.positionMs === undefined || playout.positionMs === null
      ? []
      : [clip('position', positionText(playout.positionMs, playout.durationMs, options.width))]),
    ...(upcoming === null ? [] : [clip('next', upcomingText(upcoming, options.width - LABEL_COLUMNS - 2))]),
    ...(next === null || next.item === upcoming?.item ? [] : [clip('in line', nameOf(next.item))]),
    wrap('uplink', uplink === null ? 'none' : uplinkText(uplink, nowMs)),
    wrap('file', fileText(report), ...problemsOf(report)),
    ...(youtube === null ? [] : [wrap('YouTube', ...youTubeTexts(youtube, nowMs))]),
    wrap(
      'on air',
      `${today}${duration(onAirSeconds.session * 1000)} this session, ${duration(onAirSeconds.total * 1000)} in all`,
    ),
    wrap('restarts', `${String(restarts.count)}${lastRestart}`),
  ];
}

const nameOf = (item: string | null): string => item ?? 'the slate';

/** Where there is no room the key is cut, and not what follows it. */
function itemText({ item, mode }: NonNullable<HealthBody['playout']>, width: number): string {
  const suffix = mode === null ? '' : mode === 'copy' ? '  (copied)' : '  (transcoded)';
  return clipped(printable(nameOf(item)), width - suffix.length) + suffix;
}

function upcomingText({ item, inMs, at }: NonNullable<HealthBody['upcoming']>, width: number): string {
  const suffix = inMs === null || at === null ? '' : `  in ${duration(inMs)}, at ${at.slice(11, 19)} UTC`;
  return clipped(printable(item), width - suffix.length) + suffix;
}

function positionText(positionMs: number, durationMs: number | null, width: number): string {
  if (durationMs === null || durationMs <= 0) return `${clock(positionMs)} of unknown length`;
  const share = Math.min(1, Math.max(0, positionMs / durationMs));
  const times = `${clock(positionMs)} / ${clock(durationMs)}`;
  const percent = `${String(Math.floor(share * 100))} %`.padStart(5);
  const room = Math.min(LONGEST_BAR, width - LABEL_COLUMNS - 2 - times.length - percent.length - 4);
  if (room < 5) return `${times} ${percent}`;
  const filled = Math.floor(share * room);
  return `${times}  [${'#'.repeat(filled)}${'-'.repeat(room - filled)}]${percent}`;
}

/** `0:04`, `12:31`, `1:00:00`. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${String(m)}:${two(s)}`;
}

function uplinkText(uplink: NonNullable<HealthBody['uplink']>, nowMs: number): string {
  const { pid, since, unackedMs } = uplink;
  const acknowledged =
    unackedMs === null
      ? 'no connection'
      : unackedMs < 1_000
        ? 'bytes acknowledged'
        : `nothing acknowledged for ${(unackedMs / 1000).toFixed(1)} s`;
  return `pid ${String(pid)}, up for ${duration(nowMs - Date.parse(since))}, ${acknowledged}`;
}

function fileText({ desired, applied }: HealthBody): string {
  const on = applied.hash === null ? 'nothing was fully on air yet' : `${applied.hash} is applied`;
  switch (desired.file) {
    case 'missing':
      return `missing; ${on}`;
    case 'invalid':
      return `${desired.hash ?? ''} is refused; ${on}`.trimStart();
    case 'ok':
      return desired.hash === applied.hash
        ? `${desired.hash ?? ''} is applied`
        : `${desired.hash ?? ''} is being applied; ${on}`;
  }
}

function problemsOf({ desired }: HealthBody): string[] {
  const problems = desired.error?.split('\n') ?? [];
  const rest = problems.length - MOST_PROBLEMS;
  return [...problems.slice(0, MOST_PROBLEMS), ...(rest > 0 ? [`and ${String(rest)} more`] : [])];
}

function laidOut({ label, texts, long }: Row, width: number): string[] {
  const room = width - LABEL_COLUMNS - 2;
  const lines = texts.map(printable).flatMap((text) => (long === 'clip' ? [clipped(text, room)] : wrapped(text, room)));
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`);
}
