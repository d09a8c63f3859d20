import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { calendarOf } from './calendar.ts';
import { figuresOf } from './figures.ts';
import { reportJson } from './json.ts';
import { openUntil } from './liveness.ts';
import { parseSince } from './since.ts';
import { reportSvg } from './svg.ts';
import { reportLines } from './text.ts';
import { hoursJson, hoursTexts, youtubeHoursFor } from './youtube-hours.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import { readHistory } from '../../history/file.ts';
import { errorCode } from '../../system/errors.ts';
import { printable } from '../../text/terminal.ts';
import { knownSpec } from '../desired/known-spec.ts';

const DEFAULT_SINCE = '30d';
/** Columns where stdout is no terminal. */
const PLAIN_COLUMNS = 80;

/** Tells of the time on air, by the history; changes nothing but the file named by --svg. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, env, cwd, terminal } = invocation;
  const wrong = (message: string): number => refuse(terminal, message);
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return wrong(found.message);
  const { place } = found;
  const viewers = numberOf(options.get('viewers'));
  if (viewers === 'wrong') return wrong('--viewers: accepted: a number above 0, such as 3.5');
  const budgetGb = numberOf(options.get('budget-gb'));
  if (budgetGb === 'wrong') return wrong('--budget-gb: accepted: a number above 0, such as 2000');
  const { timezone } = knownSpec(place.configDir, place.stateDir).spec;
  const calendar = calendarOf(options.get('timezone') ?? timezone);
  if (calendar === null) return wrong('--timezone: accepted: an IANA name such as Europe/Berlin');
  const nowMs = Date.now();
  const since = parseSince(options.get('since') ?? DEFAULT_SINCE, calendar, nowMs);
  if (since.kind === 'wrong') return wrong(since.message);

  const history = readHistory(place.stateDir);
  if (history.kind === 'unreadable') return fail(terminal, history.why);
  const lines = history.kind === 'none' ? [] : history.lines;
  const openUntilMs = await openUntil(place, lines, nowMs);
  const figures = figuresOf({ lines, fromMs: since.fromMs, nowMs, openUntilMs, calendar });
  if (figures === null) {
    if (options.has('json')) terminal.out('null');
    terminal.note('there is no history yet: it begins when the stream is on air for the first time');
    return EXIT.well;
  }
  const svg = options.get('svg');
  if (svg !== undefined) {
    try {
      writeFileSync(resolve(cwd, svg), reportSvg(figures, calendar));
    } catch (error) {
      return fail(terminal, `--svg: ${svg} cannot be written (${errorCode(error)})`);
    }
  }
  const youtube = await youtubeHoursFor(invocation);
  if (options.has('json')) {
    const { timezone } = calendar;
    const json = reportJson(figures, { timezone, viewers, budgetGb, youtube: hoursJson(youtube) });
    terminal.out(JSON.stringify(json, null, 2));
  } else {
    const width = terminal.isInteractive ? terminal.size().columns : PLAIN_COLUMNS;
    const rows = youtube === null ? [] : hoursTexts(youtube, calendar);
    terminal.out(reportLines(figures, { calendar, width, viewers, budgetGb, youtube: rows }).join('\n'));
    if (svg !== undefined) terminal.note(printable(`written: ${svg}`));
  }
  return EXIT.well;
}

/** null = not given. */
function numberOf(text: string | undefined): number | null | 'wrong' {
  if (text === undefined) return null;
  const value = /^[0-9]{1,7}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : 'wrong';
}
