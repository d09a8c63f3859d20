import { describe, expect, it } from 'vitest';
import { uplinkHealth } from '../../../src/reconcile/runs/uplink-health.ts';
import { type FlowStretch, NO_PICTURE, NO_SOUND_7, streamsHistory } from '../streams-history.ts';
import { NOW_MS, uplinkRun } from '../world-builder.ts';

const healthAfter = (...stretches: readonly FlowStretch[]) =>
  uplinkHealth(uplinkRun({ streams: streamsHistory(NOW_MS, stretches) }), NOW_MS);
const WELL: FlowStretch = { seconds: 6 };

describe('an uplink', () => {
  it('is live while bytes leave it', () => {
    expect(healthAfter(WELL)).toEqual({ kind: 'live' });
    expect(uplinkHealth(uplinkRun({ streams: null }), NOW_MS)).toEqual({ kind: 'live' });
  });

  it.each([NO_PICTURE, NO_SOUND_7])('is silent while its muxer holds all back, though it reads on: %j', (stretch) => {
    expect(healthAfter(WELL, { ...stretch, seconds: 4 })).toEqual({ kind: 'live' });
    expect(healthAfter(WELL, { ...stretch, seconds: 7 })).toMatchObject({ kind: 'silent' });
  });

  it('is silent also where one item without a picture follows another', () => {
    expect(healthAfter(WELL, { ...NO_PICTURE, seconds: 4 }, { ...NO_PICTURE, seconds: 4, holder: 'q1' })).toMatchObject(
      {
        kind: 'silent',
        forMs: 8_000,
      },
    );
  });
});
