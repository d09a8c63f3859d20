import { expect, test } from 'vitest';
import type { MediaMessage, RtmpSink, SinkSession } from '../fixtures/rtmp-sink.ts';
import { IngestLedger } from './ingest-ledger.ts';
import { seededRandom } from './soak-faults.ts';
import { brokenPromises, type SoakFigures, soakReport } from './soak-report.ts';

const GOOD: SoakFigures = {
  minutes: 2,
  seed: 1,
  strikes: [{ name: 'uplink killed', atMs: 5000, recoveryMs: 1200 }],
  sessions: 2,
  mostPublishers: 1,
  pauses: [{ atMs: 5000, lengthMs: 1200, during: 'uplink killed' }],
  steps: [],
  offAirMs: 1200,
  frames: 8000,
  worstOffsetMs: 120,
  silentAtEndMs: 20,
  statusAtEnd: 'live',
  restarts: 1,
  daemonStarts: 1,
  daemonExits: [],
  footprints: { first: { rssKb: 100_000, fds: 30 }, last: { rssKb: 110_000, fds: 31 } },
  stateBytes: { most: 90_000, last: 60_000 },
  processesAtEnd: 5,
};

test('a good run breaks no promise', () => {
  expect(brokenPromises(GOOD)).toEqual([]);
  expect(soakReport(GOOD)).toContain('Every promise was kept.');
});

test.each<[string, Partial<SoakFigures>]>([
  ['2 publishers at once', { mostPublishers: 2 }],
  ['status at the end: down', { statusAtEnd: 'down' }],
  ['nothing arrived in the last 4.00 s', { silentAtEndMs: 4000 }],
  ['the daemon grew', { footprints: { ...GOOD.footprints, last: { rssKb: 151_000, fds: 31 } } }],
  ['descriptors grew', { footprints: { ...GOOD.footprints, last: { rssKb: 100_000, fds: 41 } } }],
  ['7 processes at the end', { processesAtEnd: 7 }],
  ['not live again after "x"', { strikes: [{ name: 'x', atMs: 1, recoveryMs: null }] }],
])('"%s" is a broken promise', (text, change) => {
  const figures = { ...GOOD, ...change };
  expect(brokenPromises(figures)).toEqual([expect.stringContaining(text)]);
  expect(soakReport(figures)).toContain(text);
});

test('a seed repeats its numbers', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 50 }, random);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
});

test('the ledger counts pauses across sessions and steps within one, each frame once', () => {
  const sessions: SinkSession[] = [];
  const ledger = new IngestLedger({ sessions } as unknown as RtmpSink);
  const first = sessionOf([
    [0, 0],
    [40, 40],
    [80, 1040],
  ]);
  sessions.push(first);
  ledger.read();
  ledger.read();
  ledger.during = 'a fault';
  sessions.push(sessionOf([[2080, 0]]));
  ledger.read();
  expect(ledger.frames).toBe(4);
  expect(ledger.pauses).toEqual([{ atMs: expect.any(Number), lengthMs: 2000, during: 'a fault' }]);
  expect(ledger.steps).toEqual([{ atMs: expect.any(Number), lengthMs: 1000, during: 'start' }]);
});

/** Video frames by arrival and timestamp. */
function sessionOf(frames: readonly (readonly [arrivedAtMs: number, timestampMs: number])[]): SinkSession {
  const messages = frames.map(([arrivedAtMs, timestampMs]): MediaMessage => {
    const kind = { kind: 'video', keyframe: false, sequenceHeader: false, frame: true } as const;
    return { ...kind, arrivedAtMs, timestampMs, sizeBytes: 100 };
  });
  const name = { app: 'live2', streamName: 'key', openedAtMs: 0, closedAtMs: null, bytes: 0, file: undefined };
  return { ...name, messageCount: messages.length, messages };
}
