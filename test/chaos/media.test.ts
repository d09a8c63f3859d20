import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { onStageWithNewMedia } from './on-stage.ts';
import { currentSession, goOnAir, itemOnAir, type Stage, videoAdvances, wishRed } from './stage.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { colourTimeline } from '../fixtures/picture.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';

interface MediaFault {
  readonly fault: string;
  readonly reason: string;
  readonly tags: readonly 'long'[];
  /** Makes `blue.mp4` unusable. */
  readonly strike: (stage: Stage) => Promise<unknown>;
  /** Makes it sound again. */
  readonly heal: (stage: Stage) => Promise<unknown>;
}

const uploadBlue = (stage: Stage): Promise<string> =>
  stage.upload('blue.mp4', { color: 'blue', seconds: 60, sineHz: 880 });

const faults: readonly MediaFault[] = [
  { fault: 'object missing', reason: 'MediaNotFound', tags: [], strike: async () => undefined, heal: uploadBlue },
  {
    fault: 'object forbidden (403)',
    reason: 'MediaForbidden',
    // Told apart from a missing one by its status alone.
    tags: ['long'],
    strike: async (stage) => {
      await uploadBlue(stage);
      stage.store.fault = ({ key }) =>
        key === 'blue.mp4' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    },
    heal: async (stage) => (stage.store.fault = undefined),
  },
  {
    fault: 'object is not media',
    reason: 'MediaUndecodable',
    tags: [],
    strike: async ({ store }) => store.put('media', 'blue.mp4', Buffer.from('<!doctype html>\n'.repeat(500))),
    heal: uploadBlue,
  },
];

for (const { fault, reason, tags, strike, heal } of faults) {
  onStageWithNewMedia.concurrent(
    `i: ${fault}: the slate shows, with the reason, until it is there`,
    { timeout: 300_000, tags: [...tags] },
    async ({ stage }) => {
      await wishRed(stage);
      const { daemon } = await goOnAir(stage);
      await videoAdvances(stage.sink, 2000);
      await strike(stage);
      const atMs = performance.now();
      stage.wish({ media: 'blue.mp4' });
      await healthEventually(
        daemon,
        ({ status, reason: why, playout }) => status === 'degraded' && why === reason && playout?.item === null,
        { what: `${reason} and the slate` },
      );
      const slateMs = performance.now() - atMs;
      await videoAdvances(stage.sink, 3000);
      const healedMs = performance.now();
      await heal(stage);
      await itemOnAir(daemon, 'blue.mp4', 0, 80_000);
      const backMs = performance.now() - healedMs;
      await videoAdvances(stage.sink, 4000);
      const view = viewSince(stage.sink, atMs);
      recordFault({
        row: 'i',
        fault,
        promised: 'slate, same session, degraded with the reason; back by itself',
        measured: `degraded, ${reason}, slate after ${seconds(slateMs)}; item on air ${seconds(backMs)} after it was sound`,
        ingest: describeView(view),
      });
      expect(view).toMatchObject({ sessions: 1, publishers: 1 });
      expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
      expect(view.holeMs).toBeLessThan(500);
      const seen = await colourTimeline(currentSession(stage.sink).file ?? '');
      // A session may begin with the slate while the first item is not there yet.
      expect(seen.find((colour) => colour !== 'black')).toBe('red');
      expect(seen.at(-1)).toBe('blue');
    },
  );
}

onStageWithNewMedia.concurrent(
  'i: a truncated object plays as far as it goes, then the next item, with the reason',
  { timeout: 300_000 },
  async ({ stage }) => {
    const whole = readFileSync(await stage.upload('whole.mp4', { seconds: 12, pattern: 'testsrc2' }));
    stage.store.put('media', 'cut.mp4', whole.subarray(0, Math.floor(whole.length / 2)));
    await stage.upload('lime.mp4', { color: 'lime', seconds: 8 });
    stage.wish({ media: '[lime.mp4, cut.mp4]' });
    const { daemon } = await goOnAir(stage);
    const atMs = performance.now();
    const report = await healthEventually(
      daemon,
      ({ status, reason, playout }) =>
        status === 'degraded' && reason === 'MediaEndsEarly' && playout?.item !== 'cut.mp4',
      { what: 'the reason', timeoutMs: 60_000 },
    );
    const after = await healthEventually(daemon, ({ playout }) => playout?.item === 'lime.mp4', {
      what: 'the next item',
    });
    await videoAdvances(stage.sink, 3000);
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 'i',
      fault: 'object truncated, in a list',
      promised: 'next item, same session, degraded with the reason',
      measured: `${report.status}, ${report.reason}: ${report.message}; then ${after.playout?.item}`,
      ingest: describeView(view),
    });
    expect(report.message).toContain('cut.mp4');
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(withRoom(2000));
  },
);
