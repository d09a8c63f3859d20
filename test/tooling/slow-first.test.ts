import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './repository.ts';
import { SLOW, slowFirst } from './slow-first.ts';

it.each(SLOW)('the slow %s is there to be begun first', (file) => {
  expect(existsSync(join(repositoryRoot, file))).toBe(true);
});

const ordered = (real: readonly string[], quick: readonly string[]): string[] => slowFirst(real, quick, (file) => file);

it('two slow files are begun first, then quick ones stand between the slow ones, and none is left out', () => {
  const real = ['test/z.test.ts', ...SLOW.toReversed()];
  const quick = Array.from({ length: 100 }, (_, i) => `test/quick-${i}.test.ts`);
  const all = ordered(real, quick);
  expect(all.toSorted()).toEqual([...real, ...quick].toSorted());
  expect(all.filter((file) => real.includes(file))).toEqual([...SLOW, 'test/z.test.ts']);
  expect(all.slice(0, 2)).toEqual(SLOW.slice(0, 2));
  expect(all.slice(2, 9)).toEqual(quick.slice(0, 7));
  expect(all[9]).toBe(SLOW[2]);
});

it('files of one project alone are all there too', () => {
  expect(ordered([], ['a', 'b'])).toEqual(['a', 'b']);
  expect(ordered(['a'], [])).toEqual(['a']);
  expect(ordered(['a'], ['b', 'c'])).toEqual(['a', 'b', 'c']);
});
