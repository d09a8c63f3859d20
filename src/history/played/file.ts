import { join } from 'node:path';
import { parsePlayedLine, parsePlaying, type PlayedItem, type PlayingItem } from './line.ts';
import { readBoth } from '../file.ts';
import { STATE_FILES } from '../../state/files.ts';
import { readText } from '../../system/json.ts';

type PlayedRead =
  | {
      readonly kind: 'ok';
      /** In the order in which they ended. */
      readonly items: readonly PlayedItem[];
      /** The item on air when the state was last written; null = none, or not known. */
      readonly playing: PlayingItem | null;
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** More than one file of lines and the older one beside it ever hold. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What was on air, by `played.jsonl` and the older file beside it; nothing where there is none. */
export function readPlayed(stateDir: string): PlayedRead {
  const read = readBoth(join(stateDir, STATE_FILES.played), MOST_BYTES);
  if (read.kind === 'unreadable') return read;
  const items = read.text.split('\n').flatMap((line) => parsePlayedLine(line) ?? []);
  return { kind: 'ok', items, playing: parsePlaying(readText(join(stateDir, STATE_FILES.state))) };
}
