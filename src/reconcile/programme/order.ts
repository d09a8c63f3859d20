import { hash } from 'node:crypto';
import type { Programme } from '../model/programme.ts';

/**
 * The keys in the order of this round. A shuffled round sorts by a hash of round and key, so one more key in the list
 * leaves the others where they were; the same key never comes twice in a row when that can be had.
 */
export function orderOfRound(programme: Programme, round: number): readonly string[] {
  // Two items can only alternate; with three and more, settling the first place never moves the last one.
  if (programme.order === 'listed' || programme.keys.length < 3) return programme.keys;
  return once(programme, `order ${programme.seed} ${round}`, () => {
    const previous = round > 0 ? rank(programme, round - 1).at(-1) : undefined;
    return spread(rank(programme, round), previous);
  });
}

/** The orders made of each list of keys: sorting ten thousand keys at every pass would take too long. */
const remembered = new WeakMap<readonly string[], Map<string, readonly string[]>>();

function once({ keys }: Programme, name: string, make: () => readonly string[]): readonly string[] {
  const made = remembered.get(keys) ?? new Map<string, readonly string[]>();
  remembered.set(keys, made);
  const found = made.get(name);
  if (found !== undefined) return found;
  const order = make();
  if (made.size > MOST_REMEMBERED) made.clear();
  made.set(name, order);
  return order;
}

const MOST_REMEMBERED = 16;

/** Sorted by hash; the last two are settled so that what `spread` does for the next round can rely on it. */
const rank = (programme: Programme, round: number): readonly string[] =>
  once(programme, `rank ${programme.seed} ${round}`, () => ranked(programme, round));

function ranked(programme: Programme, round: number): string[] {
  const seen = new Map<string, number>();
  const weighted = programme.keys.map((key) => {
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { key, weight: weigh(`${programme.seed}\n${round}\n${nth}\n${key}`) };
  });
  weighted.sort((a, b) => a.weight - b.weight);
  return spread(
    weighted.map(({ key }) => key),
    undefined,
  );
}

/** The first 52 bits: as many as a number holds exactly. */
const weigh = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 13), 16);

/** Moves a key that would follow itself: behind the next that differs, or else between two earlier ones that do. */
function spread(keys: readonly string[], previous: string | undefined): string[] {
  const result = [...keys];
  const at = (index: number): string | undefined => (index < 0 ? previous : result[index]);
  const swap = (a: number, b: number): void => {
    [result[a], result[b]] = [result[b]!, result[a]!];
  };
  for (let index = 0; index < result.length; index++) {
    const key = result[index];
    if (key !== at(index - 1)) continue;
    const later = result.findIndex((other, place) => place > index && other !== key);
    if (later > 0) {
      swap(index, later);
      continue;
    }
    const earlier = result.findIndex(
      (other, place) => place < index && ![at(place - 1), other, at(place + 1)].includes(key),
    );
    if (earlier >= 0) swap(index, earlier);
  }
  return result;
}
