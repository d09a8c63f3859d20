import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { colourTimeline } from '../fixtures/picture.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { currentSession, goOnAir, itemOnAir, openStage, videoAdvances, type Stage } from './stage.ts';

let stage: Stage;

beforeEach(async () => {
  stage = await openStage();
  await stage.upload('red.mp4', { color: 'red', seconds: 60 });
  stage.wish({ media: 'red.mp4' });
});

afterEach(() => stage.close());

interface MediaFault {
  readonly fault: string;
  readonly reason: string;
  /** Makes `blue.mp4` unusable. */
  readonly strike: () => Promise<void>;
  /** Makes it sound again. */
  readonly heal: () => Promise<unknown>;
}

const uploadBlue = (): Promise<string> => stage.upload('blue.mp4', { color: 'blue', seconds: 60, sineHz: 880 });

const faults: readonly MediaFault[] = [
  { fault: 'object missing', reason: 'MediaNotFound', strike: async () => undefined, heal: uploadBlue },
  {
    fault: 'object forbidden (403)',
    reason: 'MediaForbidden',
    strike: async () => {
      await uploadBlue();
      stage.store.fault = ({ key }) =>
        key === 'blue.mp4' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    },
    heal: async () => (stage.store.fault = undefined),
  },
  {
    fault: 'object is not media',
    reason: 'MediaUndecodable',
    strike: async () =>
      stage.store.put('media', 'blue.mp4', Buffer.from('<!doctype html><p>Not Found</p>\n'.repeat(500))),
    heal: uploadBlue,
  },
];

test.each(faults)(
  'i: $fault: the slate shows, with the reason, until it is there',
  { timeout: 90_000 },
  async ({ fault, reason, strike, heal }) => {
    const { daemon } = await goOnAir(stage);
    await videoAdvances(stage.sink, 2000);
    await strike();
    const atMs = performance.now();
    stage.wish({ media: 'blue.mp4' });
    const report = await healthEventually(
      daemon,
      ({ status, reason: why, playout }) => status === 'degraded' && why === reason && playout?.item === null,
      { what: `${reason} and the slate` },
    );
    const slateMs = performance.now() - atMs;
    await videoAdvances(stage.sink, 3000);
    const healedMs = performance.now();
    await heal();
    await itemOnAir(daemon, 'blue.mp4', 0, 40_000);
    const backMs = performance.now() - healedMs;
    await videoAdvances(stage.sink, 4000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'i',
      fault,
      promised: 'slate, same session, degraded with the reason; back by itself',
      measured: `degraded, ${report.reason}, slate after ${seconds(slateMs)}; item on air ${seconds(backMs)} after it was sound`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(2500);
    expect(view.holeMs).toBeLessThan(500);
    const file = currentSession(stage.sink).file ?? '';
    const seen = await colourTimeline(file);
    expect(seen[0]).toBe('red');
    expect(seen.at(-1)).toBe('blue');
  },
);

test(
  'i: a truncated object plays as far as it goes, then the next item, with the reason',
  { timeout: 90_000 },
  async () => {
    const whole = readFileSync(await stage.upload('blue.mp4', { color: 'blue', seconds: 12, pattern: 'testsrc2' }));
    stage.store.put('media', 'cut.mp4', whole.subarray(0, Math.floor(whole.length / 2)));
    await stage.upload('lime.mp4', { color: 'lime', seconds: 8 });
    stage.wish({ media: '[lime.mp4, cut.mp4]' });
    const { daemon } = await goOnAir(stage);
    const atMs = performance.now();
    await healthEventually(daemon, ({ playout }) => playout?.item === 'cut.mp4', {
      what: 'the cut item',
      timeoutMs: 25_000,
    });
    const report = await healthEventually(
      daemon,
      ({ status, reason, playout }) =>
        status === 'degraded' &&
        reason === 'MediaUndecodable' &&
        (playout?.item === 'lime.mp4' || playout?.item === null),
      { what: 'the reason', timeoutMs: 30_000 },
    );
    const lime = await healthEventually(daemon, ({ playout }) => playout?.item === 'lime.mp4', {
      what: 'the next item',
    });
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'i',
      fault: 'object truncated, in a list',
      promised: 'next item, same session, degraded with the reason',
      measured: `${report.status}, ${report.reason}: ${report.message}; then ${lime.playout?.item ?? 'the slate'}`,
      ingest: describeView(view),
    });
    expect(report.message).toContain('cut.mp4');
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(6000);
  },
);
