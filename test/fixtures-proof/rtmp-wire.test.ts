import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AmfValue, decodeAmf, encodeAmf } from '../fixtures/amf0.ts';
import { ChunkReader, encodeMessage } from '../fixtures/rtmp-chunks.ts';

describe('chunks', () => {
  const message = fc.record({
    typeId: fc.constantFrom(8, 9, 18, 20),
    streamId: fc.nat(5),
    timestampMs: fc.oneof(fc.nat(0xfffffe), fc.integer({ min: 0xffffff, max: 0xffffffff })),
    payload: fc.uint8Array({ maxLength: 1000 }).map((bytes) => Buffer.from(bytes)),
  });

  test('messages survive any chunk size and any splitting of the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(message),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 300 }),
        (messages, chunk, step) => {
          const size = Buffer.alloc(4);
          size.writeUInt32BE(chunk);
          const setSize = { typeId: 1, streamId: 0, timestampMs: 0, payload: size };
          const wire = Buffer.concat([
            encodeMessage(2, setSize, 128),
            ...messages.map((each, i) => encodeMessage(3 + (i % 40), each, chunk)),
          ]);
          const reader = new ChunkReader();
          const seen = [];
          for (let at = 0; at < wire.length; at += step) seen.push(...reader.push(wire.subarray(at, at + step)));
          expect(seen).toEqual([setSize, ...messages]);
        },
      ),
    );
  });

  test('delta headers of types 1, 2 and 3 add up, on interleaved chunk streams with long ids', () => {
    const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const reader = new ChunkReader();
    const seen = reader.push(
      Buffer.concat([
        bytes('04 0003e8 000003 09 01000000 aabbcc'), // type 0 at 1000
        bytes('00 06 000064 000001 08 01000000 11'), // id 70, type 0 at 100
        bytes('44 000021 000002 09 ddee'), // type 1, +33
        bytes('84 000022 0102'), // type 2, +34
        bytes('c4 0304'), // type 3, +34 again
        bytes('c0 06 12'), // type 3 after type 0: the absolute time again, as a delta
        bytes('84 ffffff 01000000 0506'), // type 2 with an extended delta
        bytes('c4 01000000 0708'), // type 3 repeats the extended field
      ]),
    );
    expect(seen.map((each) => [each.typeId, each.timestampMs, each.payload.toString('hex')])).toEqual([
      [9, 1000, 'aabbcc'],
      [8, 100, '11'],
      [9, 1033, 'ddee'],
      [9, 1067, '0102'],
      [9, 1101, '0304'],
      [8, 200, '12'],
      [9, 1101 + 0x1000000, '0506'],
      [9, 1101 + 0x2000000, '0708'],
    ]);
  });

  test('an aborted message is forgotten', () => {
    const long = encodeMessage(5, { typeId: 9, streamId: 1, timestampMs: 0, payload: Buffer.alloc(200) }, 128);
    const abort = encodeMessage(2, { typeId: 2, streamId: 0, timestampMs: 0, payload: Buffer.from([0, 0, 0, 5]) }, 128);
    const next = encodeMessage(5, { typeId: 8, streamId: 1, timestampMs: 7, payload: Buffer.from('ok') }, 128);
    const seen = new ChunkReader().push(Buffer.concat([long.subarray(0, 12 + 128), abort, next]));
    expect(seen.map((each) => each.typeId)).toEqual([2, 8]);
  });
});

describe('AMF0', () => {
  test('values survive the round trip', () => {
    const { value } = fc.letrec<{ value: AmfValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.string(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
          tie('value'),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        expect(decodeAmf(encodeAmf(values))).toEqual(values);
      }),
    );
  });
});
