import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/text/nearest-name.ts';

const NAMES = ['running', 'media', 'bitrate', 'resolution', 'fps', 'recycle', 'recycle_pause'];

describe('nearestName', () => {
  it.each([
    ['resoluton', 'resolution'],
    ['meida', 'media'],
    ['BITRATE', 'bitrate'],
    ['recycle-pause', 'recycle_pause'],
    ['fsp', 'fps'],
  ])('takes %s for %s', (word, name) => {
    expect(nearestName(word, NAMES)).toBe(name);
  });

  it('suggests nothing that is far away', () => {
    expect(nearestName('colour', NAMES)).toBeNull();
    expect(nearestName('', NAMES)).toBeNull();
    expect(nearestName('m'.repeat(100_000), NAMES)).toBeNull();
  });

  it('takes the first of equally near names', () => {
    expect(nearestName('cat', ['bat', 'hat'])).toBe('bat');
  });
});
