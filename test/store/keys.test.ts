import fc from 'fast-check';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInside, isMediaObject, keyProblem, localKeyProblem, shownKey } from '../../src/store/keys.ts';

describe('keys', () => {
  it('may be as long as S3 allows, in bytes', () => {
    expect(keyProblem('ü'.repeat(512))).toBeNull();
    expect(keyProblem('ü'.repeat(513))).toContain('1024 bytes');
  });

  it('that pass as local ones never lead out of the directory', () => {
    const part = fc.constantFrom('..', '.', 'a', '', '/', '...', 'b c', '\0');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const key = parts.join('/');
        fc.pre(localKeyProblem(key) === null);
        expect(isInside('/media', posix.join('/media', key))).toBe(true);
      }),
    );
  });

  it('name a directory’s sibling as outside', () => {
    expect(isInside('/media', '/media-secret/x')).toBe(false);
    expect(isInside('/', '/x')).toBe(true);
  });

  it('of folders, dotfiles and empty objects are no media', () => {
    expect([isMediaObject('a/', 5), isMediaObject('.a', 5), isMediaObject('x/._a.mp4', 5)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([isMediaObject('a', 0), isMediaObject('a..b/c.mp4', 1)]).toEqual([false, true]);
  });

  it('are shown on one line', () => {
    expect(shownKey('a\n"b"')).toBe('"a\\n\\"b\\""');
  });
});
