import { describe, expect, it } from 'vitest';
import { sameCall } from '../../../src/cli/prepare/same-call.ts';

describe('the call that goes on from an interrupted one', () => {
  it.each([
    ['a.mp4', {}, 'a.mp4'],
    ['a.mp4', { to: 'house/b.mp4' }, 'a.mp4 --to house/b.mp4'],
    ['a.mp4', { to: "it's b.mp4", force: '' }, String.raw`a.mp4 --to 'it'\''s b.mp4' --force`],
    ['-i.mp4', { to: 'b.mp4', force: '' }, '--to b.mp4 --force -- -i.mp4'],
    ['a b.mp4', { to: '-b.mp4' }, "'a b.mp4' --to=-b.mp4"],
  ])('of %j with %j is %s', (key, options, words) => {
    expect(sameCall(key, new Map(Object.entries(options)))).toBe(`streamctl media prepare ${words}`);
  });
});
