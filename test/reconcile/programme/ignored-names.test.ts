import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IGNORED_ENDINGS, IGNORED_NAMES, isIgnored } from '../../../src/reconcile/programme/ignored-names.ts';
import { mediaIs, prefixWished } from '../mutations.ts';
import { factsOf, healthyWorld, listed, mediaTables, mutate, ok, planOf, settled } from '../world-builder.ts';

describe('under a prefix', () => {
  it.each([
    ...[
      'loops/rain.srt',
      'loops/rain.NFO',
      'loops/rain.mp4.part',
      'loops/Thumbs.db',
      'loops/.DS_Store',
      'loops/._rain.mp4',
    ],
    ...['loops/rain.mp4~', 'loops/list.m3u8', 'readme.txt'],
  ])('%s is ignored', (key) => {
    expect(isIgnored(key)).toBe(true);
  });

  it.each([
    'loops/rain.mp4',
    'loops/rain',
    'loops/srt',
    'loops.nfo/rain.mkv',
    'loops/part',
    'loops/cover.jpg',
    'a.b/c',
    '',
  ])('%j is not', (key) => {
    expect(isIgnored(key)).toBe(false);
  });

  it('what is ignored is neither asked for nor told as a trouble', () => {
    const facts = { 'loops/rain.mp4': ok(factsOf('loops/rain.mp4')) };
    const listing = { 'loops/': listed(['loops/rain.mp4', 'loops/rain.srt', 'loops/Thumbs.db']) };
    const world = mutate(healthyWorld(), prefixWished, mediaIs(mediaTables(facts, listing)));
    const { actions, conditions } = planOf(settled(world));
    const asked = actions.flatMap((action) => (action.kind === 'inspectItem' ? [action.key] : []));
    expect([...new Set(asked)]).toEqual(['loops/rain.mp4']);
    expect(JSON.stringify(conditions)).not.toMatch(/srt|Thumbs/);
  });

  it('with nothing else it is empty', () => {
    const media = mediaTables({}, { 'loops/': listed(['loops/rain.srt']) });
    const { conditions } = planOf(settled(mutate(healthyWorld(), prefixWished, mediaIs(media))));
    expect(JSON.stringify(conditions)).toContain('MediaPrefixEmpty');
  });

  it('all that is ignored is written down', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/desired.md'), 'utf8').toLowerCase();
    const missing = [
      ...IGNORED_ENDINGS.map((ending) => `\`.${ending}\``),
      ...IGNORED_NAMES.map((name) => `\`${name}\``),
    ];
    expect(missing.filter((name) => !page.includes(name))).toEqual([]);
  });
});
