import { describe, expect, it } from 'vitest';
import type { Moov } from '../../../../src/observe/probe/container/mp4-boxes.ts';
import { countRequests, type Reading, requestsFor } from '../../../../src/observe/probe/container/mp4-requests.ts';
import { box, numbers } from '../../../fixtures/mp4-box.ts';

const SECONDS = 60;
const PER_S = 25;
/** Of 25 a second: 3 Mbit/s, and 160 kbit/s. */
const PICTURE_BYTES = 15_000;
const SOUND_BYTES = 800;

/** Where the samples of one track begin, by its chunks. */
interface Track {
  readonly handler: 'vide' | 'soun';
  readonly sizeBytes: number;
  readonly samplesInChunk: number;
  readonly chunksAtBytes: readonly number[];
  readonly long?: boolean;
}

function trak({ handler, sizeBytes, samplesInChunk, chunksAtBytes, long = false }: Track): Buffer {
  const count = SECONDS * PER_S;
  const offsets = chunksAtBytes.flatMap((at) => (long ? [Math.floor(at / 2 ** 32), at % 2 ** 32] : [at]));
  const stbl = box(
    'stbl',
    box('stts', numbers(0, 1, count, 1000 / PER_S)),
    box('stsz', numbers(0, sizeBytes, count)),
    box('stsc', numbers(0, 1, 1, samplesInChunk, 1)),
    box(long ? 'co64' : 'stco', numbers(0, chunksAtBytes.length, ...offsets)),
  );
  const hdlr = box('hdlr', numbers(0, 0), Buffer.from(handler, 'latin1'), numbers(0, 0, 0));
  return box('trak', box('mdia', box('mdhd', numbers(0, 0, 0, 1_000, 0, 0)), hdlr, box('minf', stbl)));
}

/** In turns of so many seconds, of picture and of sound; the media begin at `fromBytes`. */
function inTurns(turnS: number, fromBytes: number, change: Partial<Track> = {}): Buffer {
  const samplesInChunk = turnS * PER_S;
  const turns = Array.from(
    { length: SECONDS / turnS },
    (_, i) => fromBytes + i * samplesInChunk * (PICTURE_BYTES + SOUND_BYTES),
  );
  const sounds = turns.map((at) => at + samplesInChunk * PICTURE_BYTES);
  return Buffer.concat([
    trak({ handler: 'vide', sizeBytes: PICTURE_BYTES, samplesInChunk, chunksAtBytes: turns, ...change }),
    trak({ handler: 'soun', sizeBytes: SOUND_BYTES, samplesInChunk, chunksAtBytes: sounds, ...change }),
  ]);
}

const MEDIA_BYTES = SECONDS * PER_S * (PICTURE_BYTES + SOUND_BYTES);
const TOGETHER = { kind: 'together' } as const;
const SEPARATELY = { kind: 'separately', picture: 0, sound: 0 } as const;
const FRONT_BYTES = 100_000;
const front = (content: Buffer): Moov => ({ atBytes: 24, content });
const asked = (moov: Moov, reading: Reading = TOGETHER): number | undefined =>
  requestsFor(moov, FRONT_BYTES + MEDIA_BYTES, reading)?.requests;

describe('the requests that an MP4 takes', () => {
  it('is one where the index comes first and picture and sound lie together', () => {
    expect(asked(front(inTurns(0.4, FRONT_BYTES)))).toBe(1);
    expect(asked(front(inTurns(1, FRONT_BYTES)))).toBe(1);
    expect(asked(front(inTurns(0.4, FRONT_BYTES, { long: true })))).toBe(1);
  });

  it('are three where the index comes last', () => {
    expect(asked({ atBytes: MEDIA_BYTES + 24, content: inTurns(0.4, 24) })).toBe(3);
  });

  it('are some a second where picture and sound come in turns of more than a second', () => {
    const perS = (asked(front(inTurns(2, FRONT_BYTES))) ?? 0) / SECONDS;
    expect(perS).toBeGreaterThan(0.1);
    expect(perS).toBeLessThan(1);
  });

  it('are dozens a second where all the sound lies far behind all the picture, and two where each is read for itself', () => {
    const apart = front(inTurns(SECONDS, FRONT_BYTES));
    expect((asked(apart) ?? 0) / SECONDS).toBeGreaterThan(10);
    expect(requestsFor(apart, FRONT_BYTES + MEDIA_BYTES, SEPARATELY)).toEqual({ connections: 2, requests: 3 });
  });

  it('are unknown where the tables do not tell: fragments, damage, a track that is not there', () => {
    expect(asked(front(Buffer.concat([inTurns(1, FRONT_BYTES), box('mvex')])))).toBeUndefined();
    expect(asked(front(box('trak', box('mdia'))))).toBeUndefined();
    expect(asked(front(Buffer.alloc(0)))).toBeUndefined();
    expect(asked(front(inTurns(1, FRONT_BYTES)), { ...SEPARATELY, sound: 1 })).toBeUndefined();
  });

  it('are found by reading the index alone, wherever it is', async () => {
    const file = Buffer.concat([box('ftyp', numbers(0)), box('moov', inTurns(1, FRONT_BYTES)), box('mdat')]);
    const read: string[] = [];
    const found = await countRequests(
      async (at, size) => {
        read.push(`${at}-${at + size}`);
        return file.subarray(at, at + size);
      },
      FRONT_BYTES + MEDIA_BYTES,
      TOGETHER,
    );
    expect(found).toEqual({ connections: 1, requests: 1 });
    expect(read).toHaveLength(1);
    expect(await countRequests(async () => Buffer.from('no media at all'), 500, TOGETHER)).toBeNull();
  });

  it('are counted for an index that lies', () => {
    const lies = front(
      trak({ handler: 'vide', sizeBytes: 0xffff_ffff, samplesInChunk: 1, chunksAtBytes: [0xffff_ffff, 0] }),
    );
    expect(asked(lies)).toBeGreaterThan(0);
  });
});
