import { describe, expect, it } from 'vitest';
import type { Fetched } from '../../../src/reconcile/model/observation.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { findCandidate } from '../../../src/reconcile/programme/candidate.ts';
import type { MediaFailureReason } from '../../../src/reconcile/model/reasons.ts';
import { factsOf, NOW_MS, SPEC, STORE } from '../world-builder.ts';

/** The first object fails since then, last just now. */
const failing = (forMs: number, reason: MediaFailureReason = 'StorageError'): Fetched<ItemFacts> => ({
  kind: 'failed',
  failure: { reason, message: 'the store failed to describe "a.mp4" (HTTP 500)' },
  atMs: NOW_MS,
  sinceMs: NOW_MS - forMs,
  lastGood: null,
});
const given = (askedAgoMs: number, sinceAgoMs: number): Fetched<ItemFacts> => ({
  kind: 'ok',
  value: factsOf('b.mp4'),
  atMs: NOW_MS - askedAgoMs,
  sinceMs: NOW_MS - sinceAgoMs,
});

function search(facts: Readonly<Record<string, Fetched<ItemFacts>>>, keys: readonly string[] = ['a.mp4', 'b.mp4']) {
  const { candidate, failure, actions } = findCandidate(
    {
      desired: SPEC,
      programme: { keys, order: 'listed', seed: '' },
      media: { ...STORE, facts: new Map(Object.entries(facts)) },
      items: {},
      urlTtlMs: 3_600_000,
      artwork: { slate: null, visuals: [], clips: new Map() },
      now: { monoMs: NOW_MS, wallMs: NOW_MS, nonce: '' },
    },
    null,
  );
  const asked = actions.flatMap((action) => (action.kind === 'inspectItem' ? [[action.key, action.maxAgeMs]] : []));
  return { on: candidate.kind === 'ready' ? candidate.spec.facts.key : candidate.kind, reason: failure?.reason, asked };
}

describe('an object that the store fails to give', () => {
  it('is passed over, and told as refused, once the store gave another and fails for this one for 3 s on', () => {
    const { on, reason } = search({ 'a.mp4': failing(3_500), 'b.mp4': given(3_400, 3_400) });
    expect({ on, reason }).toEqual({ on: 'b.mp4', reason: 'MediaForbidden' });
  });

  it.each([
    ['has only just begun to fail', failing(500), given(400, 60_000)],
    ['fails since the last answer about another one', failing(5_000), given(6_000, 60_000)],
    ['is asked about in an outage that ended a moment ago for another one', failing(60_000), given(800, 800)],
    ['is not answered for, which may take as long as that', failing(5_000, 'StorageUnreachable'), given(4_000, 4_000)],
    ['fails with the other one', failing(60_000), failing(60_000)],
  ])('is waited for while it %s', (_, first, second) => {
    const { on, reason } = search({ 'a.mp4': first, 'b.mp4': second });
    expect(on).toBe('none');
    expect(reason).toMatch(/^Storage/);
  });

  it('has another one asked about, once, as soon as it fails, and again only where that fails as well', () => {
    const asked = (b: Fetched<ItemFacts> | undefined): unknown =>
      search({ 'a.mp4': failing(500), ...(b === undefined ? {} : { 'b.mp4': b }) }).asked.at(-1);
    expect(asked(undefined)).toEqual(['b.mp4', 499]);
    expect(asked(given(60_000, 60_000))).toEqual(['b.mp4', 499]);
    expect(asked(failing(500))).toEqual(['b.mp4', 1_000]);
  });

  it('is waited for where it is the only one', () => {
    const { on, asked } = search({ 'a.mp4': failing(60_000) }, ['a.mp4']);
    expect({ on, asked }).toEqual({ on: 'none', asked: [['a.mp4', 1_000]] });
  });
});
