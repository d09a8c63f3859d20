import { expect, test } from 'vitest';
import type { MediaMessage, RtmpSink, SinkSession } from '../fixtures/rtmp-sink.ts';
import { faultPage } from '../chaos/fault-table.ts';
import { describeView, viewSince } from '../chaos/ingest-view.ts';

test('a pause counts from the last frame before the fault to the first after it, across sessions', () => {
  const view = viewSince(
    sinkOf(session(0, 1000, [900, 0], [950, 50]), session(2100, null, [2500, 0], [2550, 40])),
    960,
  );
  expect(view).toEqual({ sessions: 2, offAirMs: 1550, holeMs: 40, pictureMs: 1540, reopenedMs: 1140, publishers: 1 });
  expect(describeView(view)).toContain('2 sessions in turn, longest pause 1.55 s');
});

test('what was before the fault does not count', () => {
  const sink = sinkOf(session(0, null, [0, 0], [5000, 4000], [5040, 4040], [5080, 4080]));
  expect(viewSince(sink, 5010)).toMatchObject({ sessions: 1, offAirMs: 40, holeMs: 40, pictureMs: null });
});

test('the page is ordered by row, with the latest figures of each fault, in lines of their own and without ports', () => {
  const row = { fault: 'x', promised: 'p', ingest: 'i' };
  const text = faultPage(
    [
      { ...row, row: 'c', measured: 'old' },
      { ...row, row: 'a', measured: 'rtmp://127.0.0.1:27677/live2:\nrefused' },
      { ...row, row: 'c', measured: 'new' },
    ],
    'Measured on a machine.',
  );
  expect(text.slice(text.indexOf('Measured on'))).toBe(`Measured on a machine.

## a. The daemon dies

**x**

- Promised: p
- Measured: rtmp://127.0.0.1/live2: refused
- At the ingest: i

## c. The uplink dies

**x**

- Promised: p
- Measured: new
- At the ingest: i
`);
});

type Frame = readonly [arrivedAtMs: number, timestampMs: number];

function session(openedAtMs: number, closedAtMs: number | null, ...frames: readonly Frame[]): SinkSession {
  const messages = frames.map(([arrivedAtMs, timestampMs]): MediaMessage => {
    const kind = { kind: 'video', keyframe: true, sequenceHeader: false, frame: true } as const;
    return { ...kind, arrivedAtMs, timestampMs, sizeBytes: 100 };
  });
  const name = { app: 'live2', streamName: 'key', bytes: 0, file: undefined };
  return { ...name, openedAtMs, closedAtMs, messageCount: messages.length, messages };
}

const sinkOf = (...sessions: readonly SinkSession[]): RtmpSink =>
  ({ sessions, maxConcurrentPublishers: 1 }) as unknown as RtmpSink;
