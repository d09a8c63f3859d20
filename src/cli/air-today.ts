import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_FILES } from '../reconcile/state-files.ts';

/** Seconds on air since local midnight, by the history; null when there is none to read. */
export function airTodayS(stateDir: string, nowMs: number): number | null {
  const midnight = new Date(nowMs);
  midnight.setHours(0, 0, 0, 0);
  const path = join(stateDir, STATE_FILES.history);
  const text = textOf(path);
  return text === null
    ? null
    : Math.floor(onAirMs((textOf(`${path}.1`) ?? '') + text, midnight.getTime(), nowMs) / 1000);
}

/** Time on air between the two moments, by lines of `history.jsonl`; lines it does not understand are passed over. */
export function onAirMs(history: string, fromMs: number, toMs: number): number {
  let sinceMs: number | null = null;
  let sumMs = 0;
  const count = (untilMs: number): void => {
    if (sinceMs !== null) sumMs += Math.max(0, Math.min(untilMs, toMs) - Math.max(sinceMs, fromMs));
  };
  for (const line of history.split('\n')) {
    const match = /"at":"([^"]+)","event":"(on|off)-air"/.exec(line);
    const atMs = Date.parse(match?.[1] ?? '');
    if (match === null || Number.isNaN(atMs)) continue;
    if (match[2] === 'off') {
      count(atMs);
      sinceMs = null;
    } else {
      // A daemon that adopts a stream says so too: it was on air all the while.
      sinceMs ??= atMs;
    }
  }
  count(toMs);
  return sumMs;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
