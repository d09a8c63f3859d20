import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../command.ts';
import { currentStatus, type CurrentStatus, jsonOf, linesOf, silenceText } from './current-status.ts';
import { statusSentence } from './text.ts';
import type { Terminal } from '../terminal.ts';
import type { DaemonPlace } from '../../environment/daemon-place.ts';

const EVERY_MS = 1_000;
/** The terminal's alternate screen, so that what was there comes back, without a cursor; and back again. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** Shows the status until Ctrl-C (or SIGTERM), then exits 0. It goes on while no daemon answers. */
export async function watchStatus(place: DaemonPlace, terminal: Terminal, form: 'text' | 'json'): Promise<number> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  const redraws = terminal.isInteractive && form === 'text';
  const leave = (): void => void process.stdout.write(LEAVE);
  if (redraws) {
    process.stdout.write(ENTER);
    process.once('exit', leave);
  }
  let shown: readonly string[] = [];
  let told = '';
  while (!end.signal.aborted) {
    const status = await currentStatus(place);
    if (end.signal.aborted) break;
    if (redraws) {
      shown = linesOf(status, place, terminal);
      process.stdout.write(frameOf(shown, terminal.size().rows));
    } else {
      const words = sentenceOf(status);
      if (words !== told)
        terminal.out(form === 'json' ? JSON.stringify(jsonOf(status)) : `${stamp(status.nowMs)} ${words}`);
      told = words;
    }
    await sleep(EVERY_MS, undefined, { signal: end.signal }).catch(() => undefined);
  }
  if (redraws) {
    process.off('exit', leave);
    leave();
    // What was seen last stays on the screen.
    if (shown.length > 0) terminal.out(shown.join('\n'));
  }
  return EXIT.well;
}

/** Each line over the one before, the rest of it and of the screen wiped: no flicker, nothing scrolls. */
function frameOf(lines: readonly string[], rows: number): string {
  const fitting = lines.slice(0, Math.max(1, rows - 1));
  return `\u001b[H${fitting.map((line) => `${line}\u001b[K`).join('\n')}\n\u001b[J`;
}

const stamp = (nowMs: number): string => new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');

const sentenceOf = ({ answer, remains }: CurrentStatus): string =>
  answer.kind === 'report' ? statusSentence(answer.report) : silenceText(answer, remains);
