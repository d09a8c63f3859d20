import { parseMoment } from './moment.ts';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { knownSpec } from '../desired/known-spec.ts';
import { type Calendar, calendarOf } from '../report/calendar.ts';
import { parseSince } from '../report/since.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import { readPlayed } from '../../history/played/file.ts';
import type { PlayedItem, PlayingItem } from '../../history/played/line.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';

const DEFAULT_SINCE = '1d';

/** An item and how it ended; null = it is still on air. */
type Shown = Omit<PlayedItem, 'ended'> & { readonly ended: PlayedItem['ended'] | null };

/** Tells which item was on air when, by `played.jsonl`. */
export async function run({ options, env, cwd, terminal }: Invocation): Promise<number> {
  const wrong = (message: string): number => refuse(terminal, message);
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return wrong(found.message);
  const { configDir, stateDir } = found.place;
  const calendar = calendarOf(options.get('timezone') ?? knownSpec(configDir, stateDir).spec.timezone);
  if (calendar === null) return wrong('--timezone: accepted: an IANA name such as Europe/Berlin');
  const nowMs = Date.now();
  const since = parseSince(options.get('since') ?? DEFAULT_SINCE, calendar, nowMs);
  if (since.kind === 'wrong') return wrong(since.message);
  const moment = options.get('at');
  const asked = moment === undefined ? null : parseMoment(moment, calendar, nowMs);
  if (asked?.kind === 'wrong') return wrong(asked.message);

  const read = readPlayed(stateDir);
  if (read.kind === 'unreadable') return fail(terminal, read.why);
  const items = shownItems(read.items, read.playing);
  const wanted =
    asked === null
      ? items.filter(({ end }) => Date.parse(end) >= since.fromMs)
      : items.filter(({ begin, end }) => Date.parse(begin) <= asked.atMs && asked.atMs < Date.parse(end));
  if (options.has('json')) terminal.out(JSON.stringify(wanted, null, 2));
  else for (const item of wanted) terminal.out(lineOf(item, calendar));
  if (wanted.length > 0) return EXIT.well;
  if (asked === null) {
    terminal.note('no item was on air in this time');
    return EXIT.well;
  }
  const at = `${calendar.timeOf(asked.atMs)} (${calendar.timezone})`;
  return fail(terminal, `no item was on air at ${at}: off air, the slate, or before it was recorded`);
}

function shownItems(items: readonly PlayedItem[], playing: PlayingItem | null): readonly Shown[] {
  if (playing === null) return items;
  const { run: _run, ...item } = playing;
  return [...items, { ...item, ended: null }];
}

function lineOf({ begin, end, key, title, artist, fromMs, ended }: Shown, calendar: Calendar): string {
  const lasted = duration(Date.parse(end) - Date.parse(begin));
  const name = [artist, title].filter((part) => part !== null).join(' - ');
  const from = fromMs > 0 ? `, from ${duration(fromMs)} on` : '';
  const named = name === '' ? '' : `  "${name}"`;
  return printable(
    `${calendar.timeOf(Date.parse(begin))}  ${lasted.padEnd(13)}  ${key}${named}  (${ended ?? 'on air'}${from})`,
  );
}
