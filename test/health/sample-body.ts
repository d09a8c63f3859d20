import type { HealthBody } from '../../src/health/body.ts';

/** The moment the sample report is looked at. */
export const NOW_MS = Date.parse('2026-03-01T12:00:00.000Z');

const before = (ms: number): string => new Date(NOW_MS - ms).toISOString();
const UP_MS = 7_500_000;

/** A stream on air for 2 h 5 min, a quarter through its item; with these fields otherwise. */
export function liveReport(edit: Partial<HealthBody> = {}): HealthBody {
  return {
    status: 'live',
    reason: 'OnAir',
    message: '"loops/rain.mp4" is on air',
    since: before(UP_MS),
    observedAt: before(400),
    desired: { hash: '0123456789ab', file: 'ok', error: null },
    applied: { hash: '0123456789ab' },
    uplink: { pid: 4242, since: before(UP_MS), progressAgeMs: 300, unackedMs: 120, pace: 1.001 },
    playout: {
      pid: 4343,
      item: 'loops/rain.mp4',
      progressAgeMs: 200,
      positionMs: 750_000,
      durationMs: 3_000_000,
      mode: 'copy',
      picture: 'copy',
      sound: 'copy',
      bufferedMs: 20_100,
      title: null,
      artist: null,
    },
    next: { pid: 4444, item: null },
    upcoming: { item: 'loops/snow.mp4', inMs: 2_250_000, at: new Date(NOW_MS + 2_250_000).toISOString() },
    restarts: { count: 2, lastReason: 'the ingest acknowledges nothing', lastAt: before(10_800_000) },
    onAirSeconds: { session: 7_500, total: 532_800 },
    youtube: null,
    conditions: [
      {
        type: 'DesiredAccepted',
        status: 'True',
        reason: 'Accepted',
        message: 'desired.yaml is valid',
        lastTransitionTime: before(UP_MS),
      },
    ],
    version: '0.1.0',
    ...edit,
  };
}
