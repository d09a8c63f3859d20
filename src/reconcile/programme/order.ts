import { createHash } from 'node:crypto';
import type { Programme } from '../model/programme.ts';

/**
 * The keys in the order of this round. A shuffled round sorts by a hash of round and key, so one more key in the list
 * leaves the others where they were; the same key never comes twice in a row when that can be had.
 */
export function orderOfRound(programme: Programme, round: number): readonly string[] {
  // Two items can only alternate; with three and more, settling the first place never moves the last one.
  if (programme.order === 'listed' || programme.keys.length < 3) return programme.keys;
  const rounds = remembered.get(programme.keys) ?? new Map<string, readonly string[]>();
  remembered.set(programme.keys, rounds);
  const name = `${programme.seed} ${round}`;
  const found = rounds.get(name);
  if (found !== undefined) return found;
  const previous = round > 0 ? rank(programme, round - 1).at(-1) : undefined;
  const keys = spread(rank(programme, round), previous);
  if (rounds.size > 8) rounds.clear();
  rounds.set(name, keys);
  return keys;
}

/** Sorting ten thousand keys at every pass would be felt; the order is a function of the list alone, so it is kept beside it. */
const remembered = new WeakMap<readonly string[], Map<string, readonly string[]>>();

/** Sorted by hash; the last two are settled so that what `spread` does for the next round can rely on it. */
function rank(programme: Programme, round: number): string[] {
  const seen = new Map<string, number>();
  const weighted = programme.keys.map((key) => {
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { key, weight: weigh(`${programme.seed}\n${round}\n${nth}\n${key}`) };
  });
  weighted.sort((a, b) => (a.weight < b.weight ? -1 : 1));
  return spread(
    weighted.map(({ key }) => key),
    undefined,
  );
}

const weigh = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

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
