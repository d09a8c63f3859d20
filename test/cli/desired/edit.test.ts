import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Edit, editDesired } from '../../../src/cli/desired/edit.ts';
import { parseDesired } from '../../../src/observe/desired/parse.ts';
import { repositoryRoot } from '../../tooling/repository.ts';

const media = (...entries: string[]): Edit => ({ kind: 'media', entries });
const running = (value: boolean): Edit => ({ kind: 'running', running: value });

/** The text after the edit; fails the test when it is refused. */
function edited(text: string, edit: Edit): string {
  const result = editDesired(text, edit);
  if (result.kind === 'refused') throw new Error(result.lines.join('\n'));
  expect(parseDesired(Buffer.from(result.text))).toMatchObject({ kind: 'ok', hash: result.hash });
  return result.text;
}

const PLAIN = 'running: true\nmedia: rain.mp4\nbitrate: 3000k\n';

describe('an edit of desired.yaml by a script', () => {
  it('changes one value and keeps every comment, and where it stands', () => {
    const text = 'running: true     # on air?\nmedia: rain.mp4   # what\n# last\nbitrate: 3000k\n';
    expect(edited(text, running(false))).toBe(text.replace('true     #', 'false    #'));
    expect(edited(text, media('sea.mp4'))).toBe(text.replace('rain.mp4   #', 'sea.mp4    #'));
  });

  it('changes nothing else in the file that comes with the project', () => {
    const text = readFileSync(join(repositoryRoot, 'desired.yaml'), 'utf8');
    const one = edited(text, media('night loops/7 pm: "rain" #2.mp4'));
    expect(changedLines(text, one)).toEqual([
      'media: "night loops/7 pm: \\"rain\\" #2.mp4" # an object key, a list of keys, or a prefix that ends in /',
    ]);
    const list = edited(text, media('a.mp4', 'b.mp4'));
    expect(changedLines(text, list)).toEqual([
      'media:                       # an object key, a list of keys, or a prefix that ends in /',
      '  - a.mp4',
      '  - b.mp4',
    ]);
    expect(edited(list, media('loops/rain.mp4')).replace('mp4 #', 'mp4        #')).toBe(text);
  });

  it('keeps the comments of entries that stay in a list, in any order', () => {
    const text = [
      'running: true',
      'media:',
      '  # from the sea',
      "  - 'sea.mp4'",
      '  - rain.mp4 # loud',
      '  - wind.mp4',
      '',
      '# after',
      'bitrate: 3000k',
      '',
    ];
    const result = edited(text.join('\n'), media('new.mp4', 'rain.mp4', 'sea.mp4'));
    expect(result).toContain("  # from the sea\n  - 'sea.mp4'\n");
    expect(result).toContain('  - rain.mp4 # loud\n');
    expect(result).not.toContain('wind');
    expect(result).toMatch(/\n\n# after\nbitrate: 3000k\n$/);
  });

  it.each([
    ['a list written in one line', PLAIN.replace('rain.mp4', '[rain.mp4, "x, y.mp4"] # two')],
    ['a list that is not indented', PLAIN.replace('rain.mp4', '\n- rain.mp4 # one\n- x.mp4')],
    ['a key over several lines', PLAIN.replace('rain.mp4', '|-\n  rain.mp4')],
    ['a quoted key', PLAIN.replace('rain.mp4', `'it''s.mp4' # quoted`)],
    ['a value on the line below', PLAIN.replace('rain.mp4', '\n  rain.mp4')],
    ['the whole file in braces', '{ running: true, media: [rain.mp4], bitrate: 3000k } # all\n'],
    ['quoted names', PLAIN.replace('media', '"media"').replace('running', "'running'")],
    ['media at the end, without a last newline', 'running: true\nbitrate: 3M\nmedia: rain.mp4'],
    ['a list at the end, without a last newline', 'running: true\nbitrate: 3M\nmedia:\n  - rain.mp4\n  - b.mp4'],
    ['Windows line ends', PLAIN.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${PLAIN}`],
    ['a document start', `%YAML 1.2\n---\n${PLAIN}`],
  ])('copes with %s', (_what, text) => {
    for (const edit of [media('one.mp4'), media('a b.mp4', 'c.mp4'), media('loops/'), running(false)]) {
      const once = edited(text, edit);
      expect(edited(once, edit)).toBe(once);
      if (text.includes('\r\n')) expect(once.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }
  });

  it('writes every key so that it is read back as it was', () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => parseDesired(Buffer.from(flowFile(text))).kind === 'ok');
    const tricky = fc.constantFrom(
      'null',
      'true',
      '12',
      '0x1f',
      '- a',
      '? b',
      'a: b',
      'a #b',
      '*x',
      '&x',
      '!t',
      '|',
      '~',
    );
    // A prefix stands alone: what ends in a slash is refused in a list.
    const keys = fc
      .array(fc.oneof(key, tricky), { minLength: 1, maxLength: 4 })
      .filter((entries) => entries.length === 1 || !entries.some((entry) => entry.endsWith('/')));
    const files = fc.constantFrom(PLAIN, flowFile('x'), PLAIN.replace('rain.mp4', '\n  - a.mp4 # one\n  - b.mp4'));
    fc.assert(
      fc.property(files, keys, (text, entries) => {
        const file = parseDesired(Buffer.from(edited(text, media(...entries))));
        const [first = ''] = entries;
        const single = first.endsWith('/') ? { kind: 'prefix', prefix: first } : { kind: 'key', key: first };
        const wanted = entries.length > 1 ? { kind: 'list', keys: entries } : single;
        expect(file).toMatchObject({ kind: 'ok', spec: { media: wanted } });
      }),
      { numRuns: 300 },
    );
  });

  it('leaves a file that already says so exactly as it is', () => {
    const text = 'running:   true\nmedia: [ rain.mp4 ]\nbitrate: 3000k\n';
    expect(edited(text, running(true))).toBe(text);
    expect(edited(text, media('rain.mp4', 'rain.mp4'))).not.toBe(text);
  });

  it('refuses what would not be valid, with the place', () => {
    expect(editDesired(PLAIN, media('https://example.org/x.mp4?secret=1'))).toEqual({
      kind: 'refused',
      lines: [expect.stringMatching(/^the new media:2:8: .*URL \(not shown\)/) as string],
    });
    expect(editDesired(PLAIN, media('a.mp4', 'loops/'))).toMatchObject({ kind: 'refused' });
    expect(editDesired(PLAIN, media('rain-SECRET.mp4'), { secrets: ['rain-SECRET'] })).toMatchObject({
      kind: 'refused',
    });
  });

  it('refuses to touch a file that is broken already', () => {
    expect(editDesired(`${PLAIN}bitrat: 3\n`, running(false))).toEqual({
      kind: 'refused',
      lines: [expect.stringMatching(/^desired\.yaml:4:1: unknown key "bitrat"/) as string],
    });
  });

  it('refuses where changing one value would change another', () => {
    const shared = 'running: true\nmedia: &m rain.mp4\nslate: *m\nbitrate: 3000k\n';
    expect(editDesired(shared, media('sea.mp4'))).toMatchObject({ kind: 'refused' });
  });
});

const flowFile = (key: string): string =>
  `{"running": true, "media": [${JSON.stringify(key)}, "x"], "bitrate": 3000}\n`;

function changedLines(before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !old.has(line));
}
