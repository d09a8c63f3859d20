import { describe, expect, it } from 'vitest';
import { indexFacts, readIndex } from '../../../../src/observe/probe/container/mp4-index.ts';
import { box, numbers } from '../../../fixtures/mp4-box.ts';

interface Track {
  readonly handler?: string;
  /** Samples in a row, and what each lasts in thousandths of a second. */
  readonly times?: readonly (readonly [number, number])[];
  /** Absent = every sample is one. */
  readonly keys?: readonly number[];
  readonly descriptions?: number;
  /** Samples in a row, and how much later than decoded they are shown, thousandths of a second. */
  readonly offsets?: readonly (readonly [number, number])[];
}

function trak({ handler = 'vide', times = [[100, 40]], keys, descriptions = 1, offsets }: Track): Buffer {
  const stbl = box(
    'stbl',
    box('stsd', numbers(0, descriptions)),
    box('stts', numbers(0, times.length, ...times.flat())),
    ...(keys === undefined ? [] : [box('stss', numbers(0, keys.length, ...keys))]),
    ...(offsets === undefined ? [] : [box('ctts', numbers(0, offsets.length, ...offsets.flat()))]),
  );
  const hdlr = box('hdlr', numbers(0, 0), Buffer.from(handler, 'latin1'), numbers(0, 0, 0));
  return box('trak', box('mdia', box('mdhd', numbers(0, 0, 0, 1_000, 0, 0)), hdlr, box('minf', stbl)));
}

/** Of the last track as the picture. */
const facts = (...tracks: readonly Track[]) =>
  indexFacts(Buffer.concat(tracks.map(trak)), { video: tracks.length - 1, audio: null });

describe('the index of an MP4', () => {
  it('tells the longest way without a key frame, wherever it is', () => {
    expect(facts({ keys: [1, 51] })).toEqual({ maxGapS: 2, change: null, soundStepS: 0, pictureStepS: 0.04 });
    expect(facts({ keys: [1, 11, 61, 71] })?.maxGapS).toBe(2);
    expect(facts({ keys: [1, 11] })?.maxGapS).toBe(3.6);
    expect(facts({ keys: [76] })?.maxGapS).toBe(3);
    expect(facts({})?.maxGapS).toBe(0.04);
  });

  it('counts time, not samples: pictures may last as long as they like', () => {
    const times = [
      [50, 40],
      [2, 5_000],
      [48, 40],
    ] as const;
    expect(facts({ times, keys: [1, 26, 51, 53, 78] })?.maxGapS).toBe(10);
  });

  it('tells how long a picture stands', () => {
    const times = [
      [50, 40],
      [1, 900],
      [49, 40],
    ] as const;
    expect(facts({ times, keys: [1, 26, 51, 76] })?.pictureStepS).toBe(0.9);
  });

  it('tells that the parameters change within it', () => {
    expect(facts({ descriptions: 2 })?.change).toBe('size');
  });

  it('tells that pictures are shown far from when they are decoded, later or earlier', () => {
    const changeAt = (...each: readonly number[]): unknown =>
      facts({ offsets: each.map((offset) => [1, offset] as const) })?.change;
    expect(changeAt(80, 200, 80, 0)).toBeNull();
    expect(changeAt(80, 2_524_000, 80)).toBe('times');
    expect(changeAt(80, 2 ** 32 - 5_000, 80)).toBe('times');
  });

  it('tells the longest pause of the sound', () => {
    const times = [
      [100, 21],
      [1, 1_500],
      [100, 21],
    ] as const;
    const moov = Buffer.concat([trak({ keys: [1, 51] }), trak({ handler: 'soun', times })]);
    expect(indexFacts(moov, { video: 0, audio: 1 })?.soundStepS).toBe(1.5);
  });

  it('is read for the stream that is meant', () => {
    expect(facts({ handler: 'soun' }, { keys: [1, 51] })?.maxGapS).toBe(2);
    expect(facts({ keys: [1] }, { handler: 'soun' })).toBeNull();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from('no index at all, but some text')],
    ['fragments, whose key frames stand elsewhere', Buffer.concat([trak({}), box('mvex')])],
    ['a key frame that is no sample', trak({ keys: [1, 500] })],
    [
      'key frames that go back',
      trak({
        times: [
          [50, 40],
          [50, 20],
        ],
        keys: [60, 1],
      }),
    ],
    ['a table that is cut off', trak({}).subarray(0, 60)],
  ])('tells nothing of %s', (_, moov) => {
    expect(indexFacts(moov, { video: 0, audio: null })).toBeNull();
  });

  it('is found in front of the media and behind it, with few reads', async () => {
    const index = box('moov', trak({ keys: [1, 51] }));
    const media = box('mdat', Buffer.alloc(500_000));
    for (const file of [
      Buffer.concat([box('ftyp', numbers(1)), index, media]),
      Buffer.concat([box('ftyp', numbers(1)), box('free', numbers(0)), media, index]),
    ]) {
      let reads = 0;
      const read = async (at: number, size: number): Promise<Buffer> => {
        reads += 1;
        return file.subarray(at, at + size);
      };
      expect(await readIndex(read, file.length, { video: 0, audio: null })).toMatchObject({ maxGapS: 2 });
      expect(reads).toBeLessThanOrEqual(2);
    }
  });

  it('is not looked for without an end', async () => {
    let reads = 0;
    const read = async (): Promise<Buffer> => {
      reads += 1;
      return Buffer.concat([box('free', Buffer.alloc(8)), Buffer.alloc(16)]).subarray(0, 16);
    };
    expect(await readIndex(read, 2 ** 40, { video: 0, audio: null })).toBeNull();
    expect(reads).toBeLessThan(20);
  });
});
