import fc from 'fast-check';
import { appendFileSync, closeSync, openSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProgressBlock, ProgressFile, ProgressParser } from '../../../src/observe/runs/progress-file.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

/** A block as FFmpeg 5.1 writes it for an RTMP output. */
const block = (outTimeUs: string | number, totalSize: string | number, progress = 'continue'): string =>
  [
    'frame=120',
    'fps= 30.1',
    'stream_0_0_q=-1.0',
    'bitrate=2900.1kbits/s',
    `total_size=${totalSize}`,
    `out_time_us=${outTimeUs}`,
    `out_time_ms=${outTimeUs}`,
    'out_time=00:00:04.000000',
    'dup_frames=0',
    'drop_frames=0',
    'speed=   1x',
    `progress=${progress}`,
    '',
  ].join('\n');

describe('progress text', () => {
  it.each([
    ['a block', block(4_000_000, 1_500_000), { outTimeMs: 4000, totalBytes: 1_500_000, pictures: 120, ended: false }],
    ['the last block', block(4_000_000, 9, 'end'), { outTimeMs: 4000, totalBytes: 9, pictures: 120, ended: true }],
    [
      'two blocks',
      block(1_000_000, 1) + block(2_000_000, 2),
      { outTimeMs: 2000, totalBytes: 2, pictures: 120, ended: false },
    ],
    [
      'N/A before the first frame',
      block('N/A', 'N/A'),
      { outTimeMs: null, totalBytes: null, pictures: 120, ended: false },
    ],
    [
      'the smallest 64-bit number, as 5.1 prints it',
      block('-9223372036854775807', 0),
      { outTimeMs: null, totalBytes: 0, pictures: 120, ended: false },
    ],
    ['a time before zero', block(-23_220, 0), { outTimeMs: 0, totalBytes: 0, pictures: 120, ended: false }],
    [
      'spaces around values',
      block('  5000000', ' 77 '),
      { outTimeMs: 5000, totalBytes: 77, pictures: 120, ended: false },
    ],
    [
      'CRLF',
      block(1_000_000, 1).replaceAll('\n', '\r\n'),
      { outTimeMs: 1000, totalBytes: 1, pictures: 120, ended: false },
    ],
    [
      'the hole that truncation leaves',
      `${'\0'.repeat(5000)}${block(7_000_000, 70)}`,
      { outTimeMs: 7000, totalBytes: 70, pictures: 120, ended: false },
    ],
    ['half a block', block(1_000_000, 1).slice(0, -12), null],
    ['nothing', '', null],
    ['other text', 'press [q] to stop\n', null],
  ])('is read for %s', (_, text, expected) => {
    expect(new ProgressParser().feed(text)).toEqual(expected);
  });

  it('says the same however it is cut into chunks', () => {
    const blocks = fc.array(
      fc.record({
        us: fc.oneof(fc.integer({ min: 0 }).map(String), fc.constant('N/A'), fc.constant('-9223372036854775807')),
        size: fc.oneof(fc.nat().map(String), fc.constant('N/A')),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(blocks, fc.array(fc.nat(200)), (written, cuts) => {
        const text = written.map(({ us, size }) => block(us, size)).join('');
        const parser = new ProgressParser();
        let last: ProgressBlock | null = null;
        let at = 0;
        for (const length of [...cuts, text.length]) {
          last = parser.feed(text.slice(at, at + length)) ?? last;
          at += length;
        }
        expect(last).toEqual(new ProgressParser().feed(text));
      }),
    );
  });

  it('keeps no more than a few kilobytes of a line that never ends', () => {
    const parser = new ProgressParser();
    for (let chunk = 0; chunk < 50; chunk++) parser.feed('x'.repeat(65_536));
    expect(parser.feed(`\n${block(1_000_000, 1)}`)).toMatchObject({ outTimeMs: 1000 });
  });
});

describe('a progress file', () => {
  let workspace: Workspace;
  let path: string;

  beforeEach(() => {
    workspace = makeWorkspace();
    path = join(workspace.dir, 'run.progress');
  });
  afterEach(() => workspace.cleanup());

  it('is unknown before it exists and while it is empty', () => {
    const file = new ProgressFile(path);
    expect(file.read(0)).toBeNull();
    writeFileSync(path, '');
    expect(file.read(1)).toBeNull();
  });

  it('tells when media time was last seen to grow, not when the file was', () => {
    const file = new ProgressFile(path);
    writeFileSync(path, block('N/A', 'N/A'));
    expect(file.read(1000)).toMatchObject({ outTimeMs: 0, firstAtMs: null });
    appendFileSync(path, block(1_000_000, 100));
    expect(file.read(2000)).toEqual({
      outTimeMs: 1000,
      totalBytes: 100,
      advancedAtMs: 2000,
      firstAtMs: 2000,
      ended: false,
    });
    appendFileSync(path, block(1_000_000, 100));
    expect(file.read(3000)).toMatchObject({ outTimeMs: 1000, advancedAtMs: 2000, firstAtMs: 2000 });
    appendFileSync(path, block(1_500_000, 150, 'end'));
    expect(file.read(4000)).toMatchObject({ outTimeMs: 1500, advancedAtMs: 4000, firstAtMs: 2000, ended: true });
  });

  it('keeps the last answer over N/A, a smaller number and a deleted file', async () => {
    const file = new ProgressFile(path);
    writeFileSync(path, block(9_000_000, 900));
    const before = file.read(1);
    appendFileSync(path, block('N/A', 'N/A'));
    expect(file.read(2)).toEqual(before);
    appendFileSync(path, block(1_000_000, 900));
    expect(file.read(3)).toEqual(before);
    await workspace.cleanup();
    expect(file.read(4)).toEqual(before);
  });

  it('waits for the other half of a block', () => {
    const file = new ProgressFile(path);
    const text = block(2_000_000, 20);
    writeFileSync(path, text.slice(0, 40));
    expect(file.read(1)).toBeNull();
    appendFileSync(path, text.slice(40));
    expect(file.read(2)).toMatchObject({ outTimeMs: 2000 });
  });

  it('takes a bounded place on disk while FFmpeg goes on at its own offset, and still parses', () => {
    const file = new ProgressFile(path);
    const fd = openSync(path, 'w');
    try {
      const filler = block(1_000_000, 1).repeat(400);
      for (let round = 1; round <= 40; round++) {
        writeSync(fd, `${filler}${block(round * 1_000_000, round)}`);
        expect(file.read(round)?.outTimeMs).toBe(round * 1000);
        expect(statSync(path).blocks * 512).toBeLessThan(1_048_576 + 2 * filler.length);
      }
      expect(statSync(path).size).toBeGreaterThan(3_000_000);
    } finally {
      closeSync(fd);
    }
  });

  it('is followed over each emptying of a file that is appended to', () => {
    const file = new ProgressFile(path);
    const filler = block(1_000_000, 1).repeat(400);
    for (let round = 1; round <= 40; round++) {
      appendFileSync(path, `${filler}${block(round * 1_000_000, round)}`);
      expect(file.read(round)?.outTimeMs).toBe(round * 1000);
      expect(statSync(path).size).toBeLessThan(1_048_576);
      appendFileSync(path, block(round * 1_000_000 + 500_000, round));
      expect(file.read(round)?.outTimeMs).toBe(round * 1000 + 500);
    }
  });

  it('is found again by a later daemon in a file that has become sparse', () => {
    const fd = openSync(path, 'w');
    try {
      writeSync(fd, block(1_000_000, 1).repeat(1000));
      truncateSync(path, 0);
      writeSync(fd, block(5_000_000, 500));
      expect(new ProgressFile(path).read(1)).toMatchObject({ outTimeMs: 5000, totalBytes: 500 });
    } finally {
      closeSync(fd);
    }
  });

  it('is read at its end only, however large a later daemon finds it', () => {
    writeFileSync(path, block(1_000_000, 1).repeat(4000) + block(8_000_000, 8));
    expect(new ProgressFile(path).read(1)).toMatchObject({ outTimeMs: 8000 });
  });
});
