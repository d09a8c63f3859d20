import { describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../../src/reconcile/model/desired.ts';
import { type IngestTarget, keyDigest, sessionHash } from '../../../src/reconcile/playout/hashes.ts';
import { SPEC } from '../world-builder.ts';

const TARGET: IngestTarget = { url: 'rtmp://ingest.example/live2', keyDigest: keyDigest('abcd-efgh', 'salt') };
const hash = (change: Partial<DesiredSpec> = {}, target = TARGET): string =>
  sessionHash(target, { ...SPEC, ...change });

describe('sessionHash', () => {
  it.each<[string, Partial<DesiredSpec>]>([
    ['media', { media: { kind: 'key', key: 'other.mp4' } }],
    ['bitrate', { bitrateKbps: 6_000 }],
    ['encode', { encode: 'copy' }],
    ['order', { order: 'shuffled' }],
    ['slate', { slate: 'pause.png' }],
    ['visual', { visual: { kind: 'key', key: 'cover.png' } }],
    ['recycle', { recycle: '0 4 * * *' }],
  ])('is the same when %s changes: the session survives', (_name, change) => {
    expect(hash(change)).toBe(hash());
  });

  it.each<[string, Partial<DesiredSpec>]>([
    ['resolution', { resolution: { width: 1920, height: 1080 } }],
    ['fps', { fps: 60 }],
  ])('is another when %s changes: a new session', (_name, change) => {
    expect(hash(change)).not.toBe(hash());
  });

  it('is another for another address or a rotated key', () => {
    expect(hash({}, { ...TARGET, url: 'rtmps://ingest.example/live2' })).not.toBe(hash());
    expect(hash({}, { ...TARGET, keyDigest: keyDigest('other-key', 'salt') })).not.toBe(hash());
  });

  it('fits into a marker', () => {
    expect(hash()).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('keyDigest', () => {
  it('does not show the key, and is worth nothing in another state directory', () => {
    expect(keyDigest('abcd-efgh', 'salt')).toMatch(/^[0-9a-f]{16}$/);
    expect(keyDigest('abcd-efgh', 'salt')).toBe(keyDigest('abcd-efgh', 'salt'));
    expect(keyDigest('abcd-efgh', 'other salt')).not.toBe(keyDigest('abcd-efgh', 'salt'));
  });
});
