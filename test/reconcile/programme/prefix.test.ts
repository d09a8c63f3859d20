import { describe, expect, it } from 'vitest';
import type { Fetched, MediaTables } from '../../../src/reconcile/model/observation.ts';
import type { ItemFacts, ListedObject } from '../../../src/reconcile/model/item.ts';
import type { Plan } from '../../../src/reconcile/model/plan.ts';
import type { MediaFailure } from '../../../src/reconcile/model/reasons.ts';
import { mediaIs, prefixWished } from '../mutations.ts';
import {
  factsOf,
  failed,
  healthyWorld,
  listed,
  mediaTables,
  mutate,
  NOW_MS,
  ok,
  planOf,
  settled,
} from '../world-builder.ts';

type Answers = Readonly<Record<string, Fetched<ItemFacts>>>;

const tables = (facts: Answers, listing: Fetched<readonly ListedObject[]>): MediaTables =>
  mediaTables(facts, { 'loops/': listing });
const planWith = (media: MediaTables): Plan => planOf(settled(mutate(healthyWorld(), prefixWished, mediaIs(media))));
const NOT_FOUND: MediaFailure = { reason: 'MediaNotFound', message: 'upload it or correct desired.yaml' };
const gone = failed(NOT_FOUND, NOW_MS - 1_000);
const here = (key: string): Fetched<ItemFacts> => ok(factsOf(key));

const listedAgainWithinMs = ({ actions }: Plan): number =>
  Math.min(...actions.flatMap((action) => (action.kind === 'listMedia' ? [action.maxAgeMs] : [])));
const told = ({ conditions }: Plan): string =>
  conditions
    .filter(({ type }) => type === 'ProgrammeOnAir')
    .map(({ status, reason, message }) => `${status} ${reason}: ${message}`)
    .join('');

describe('a prefix with nothing to play', () => {
  it.each([
    ['that is empty', tables({}, ok([], NOW_MS - 2_000))],
    [
      'whose objects all went after it was listed',
      tables({ 'loops/a.mp4': gone, 'loops/b.mp4': gone }, listed(['loops/a.mp4', 'loops/b.mp4'])),
    ],
  ])('%s is said to be empty, and looked at again as soon as a missing key', (_, media) => {
    const plan = planWith(media);
    expect(told(plan)).toMatch(/^False MediaPrefixEmpty: nothing under "loops\/"/);
    expect(told(plan)).not.toContain('desired.yaml');
    expect(listedAgainWithinMs(plan)).toBeLessThanOrEqual(5_000);
  });

  it('asks for the objects again once a newer listing names them', () => {
    const media = tables({ 'loops/a.mp4': gone }, ok([{ key: 'loops/a.mp4', version: 'v2', sizeBytes: 1 }], NOW_MS));
    expect(planWith(media).actions).toContainEqual(
      expect.objectContaining({ kind: 'inspectItem', key: 'loops/a.mp4' }),
    );
  });
});

describe('a prefix of which some objects went', () => {
  const facts = { 'loops/a.mp4': gone, 'loops/b.mp4': here('loops/b.mp4') };

  it('plays the others, says which is gone, and is listed again soon', () => {
    const plan = planWith(tables(facts, listed(['loops/a.mp4', 'loops/b.mp4'])));
    expect(told(plan)).toContain('False MediaNotFound: "loops/a.mp4" is gone from the store');
    expect(told(plan)).not.toContain('desired.yaml');
    expect(listedAgainWithinMs(plan)).toBeLessThanOrEqual(5_000);
  });

  it('is paged through no faster than a page a second when it is long', () => {
    const keys = ['loops/a.mp4', ...Array.from({ length: 19_999 }, (_, nth) => `loops/b${nth}.mp4`)];
    const answers = Object.fromEntries(keys.slice(1).map((key) => [key, here(key)]));
    const plan = planWith(tables({ ...answers, 'loops/a.mp4': gone }, listed(keys)));
    expect(listedAgainWithinMs(plan)).toBe(20_000);
  });
});

describe('a prefix that is as it was', () => {
  const sized = (objects: number): Plan => {
    const keys = Array.from({ length: objects }, (_, nth) => `loops/b${nth}.mp4`);
    return planWith(tables(Object.fromEntries(keys.map((key) => [key, here(key)])), listed(keys)));
  };

  it.each([
    [10, 1],
    [10_000, 1],
    [100_000, 10],
  ])('of %i objects is listed again after %i min: ten pages a minute are not exceeded', (objects, minutes) => {
    expect(listedAgainWithinMs(sized(objects))).toBe(minutes * 60_000);
  });
});

describe('a prefix that cannot be listed again', () => {
  const REFUSED: MediaFailure = {
    reason: 'StorageCredentialsRejected',
    message: 'the store forbids listing the bucket',
  };
  const again: Fetched<readonly ListedObject[]> = {
    kind: 'failed',
    failure: REFUSED,
    atMs: NOW_MS - 500,
    lastGood: { value: [{ key: 'loops/a.mp4', version: 'v1', sizeBytes: 1 }], atMs: NOW_MS - 61_000 },
  };

  it('plays what it held, and says that new objects do not join', () => {
    const plan = planWith(tables({ 'loops/a.mp4': here('loops/a.mp4') }, again));
    expect(told(plan)).toMatch(
      /^False StorageCredentialsRejected: the store forbids listing the bucket; .*do not join$/,
    );
    expect(plan.actions).toContainEqual(expect.objectContaining({ kind: 'inspectItem', key: 'loops/a.mp4' }));
  });

  it('is told once where the objects fail for the same reason', () => {
    const plan = planWith(tables({ 'loops/a.mp4': failed(REFUSED) }, again));
    expect(told(plan)).toBe('False StorageCredentialsRejected: the store forbids listing the bucket');
  });

  it('says why it cannot be listed also when all it held is gone', () => {
    expect(told(planWith(tables({ 'loops/a.mp4': gone }, again)))).toMatch(/^False StorageCredentialsRejected/);
  });
});
