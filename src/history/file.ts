import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { HISTORY_EVENTS, type HistoryLine } from './line.ts';
import { STATE_FILES } from '../state/files.ts';
import { errorCode } from '../system/errors.ts';
import { parseJson } from '../system/json.ts';

const count = z.number().nonnegative().optional().catch(undefined);
const meter = z.object({ run: z.string(), bytes: z.number().nonnegative() }).nullable().optional().catch(undefined);

/** A later field that is odd is left out; a line without moment and event is refused. */
const schema = z.object({
  at: z.iso.datetime(),
  event: z.enum(HISTORY_EVENTS),
  reason: z.string().catch(''),
  item: z.string().nullable().catch(null),
  why: z.string().nullable().optional().catch(undefined),
  lastOnAirAgoMs: count,
  boot: z.string().optional().catch(undefined),
  uptimeMs: count,
  sentBytes: count,
  fetchedBytes: count,
  uplink: meter,
  playout: meter,
});

/** One line, of whatever version; null = torn, foreign, or of an event that is not known. */
export function parseHistoryLine(text: string): HistoryLine | null {
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const fields = Object.entries(parsed.data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as unknown as HistoryLine;
}

/** The lines of a text, in order, without those that cannot be read. */
export const parseHistory = (text: string): readonly HistoryLine[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : (parseHistoryLine(line) ?? [])));

type HistoryRead =
  | { readonly kind: 'ok'; readonly lines: readonly HistoryLine[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Twice the size at which the file is renamed to `history.jsonl.1`. */
const MOST_BYTES = 8 * 1024 * 1024;

/** The history and the older file beside it, each at most the last `mostBytes`. */
export function readHistory(stateDir: string, mostBytes = MOST_BYTES): HistoryRead {
  const read = readBoth(join(stateDir, STATE_FILES.history), mostBytes);
  if (read.kind === 'unreadable') return read;
  const lines = parseHistory(read.text);
  return lines.length === 0 ? { kind: 'none' } : { kind: 'ok', lines };
}

/** The text of the older file `PATH.1` and of the one at `path`, each at most its last `mostBytes`; '' where neither is. */
export function readBoth(
  path: string,
  mostBytes: number,
): { readonly kind: 'ok'; readonly text: string } | { readonly kind: 'unreadable'; readonly why: string } {
  const texts: string[] = [];
  for (const each of [`${path}.1`, path]) {
    try {
      texts.push(endOf(each, mostBytes));
    } catch (error) {
      const code = errorCode(error);
      if (code !== 'ENOENT') return { kind: 'unreadable', why: `${each} cannot be read (${code})` };
    }
  }
  return { kind: 'ok', text: texts.join('\n') };
}

/** The last `mostBytes` of a file; throws where it cannot be read. */
function endOf(path: string, mostBytes: number): string {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, mostBytes));
    const got = readSync(descriptor, buffer, 0, buffer.length, Math.max(0, size - buffer.length));
    return buffer.toString('utf8', 0, got);
  } finally {
    closeSync(descriptor);
  }
}
