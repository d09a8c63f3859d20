import { expect, it } from 'vitest';
import { calmWorld, itemOnAir, struck } from './calm-world.ts';
import { faultOf } from './commands/fault.ts';
import { itemOneSided } from './commands/item-one-sided.ts';
import { reboot } from './commands/reboot.ts';

const KEY = 'loops/rain.mp4';

it.each([
  // Which stream FFmpeg's `out_time` is of goes by the seed.
  ['picture', 7],
  ['picture', 8],
  ['sound', 7],
  ['sound', 8],
] as const)(
  'an item without %s (seed %i) is told within 8 s, and passed over in a session of its own',
  async (stream, seed) => {
    const simulation = await calmWorld(seed);
    const { machine, judge } = simulation;
    faultOf(itemOneSided, { key: KEY, stream, fromMs: 2_000 }).happen(simulation);
    // It is on air in its old version, so the machine begins anew with the object as it is now.
    faultOf(reboot, null).happen(simulation);
    let [beganAtMs, toldAtMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    judge.onPass = (_daemon, { plan }) => {
      const missing = machine.uplinks[0]?.muxer.missing ?? null;
      if (missing !== null) beganAtMs = Math.min(beganAtMs, missing.sinceMs);
      if (plan.verdict.reason.endsWith('Missing')) toldAtMs = Math.min(toldAtMs, machine.nowMs);
    };
    const { sessions } = await struck(simulation, () => undefined, 60_000);
    expect(toldAtMs - beganAtMs).toBeGreaterThanOrEqual(3_000);
    expect(toldAtMs - beganAtMs).toBeLessThanOrEqual(8_000);
    expect(judge.fired).toContain('uplink-apart');
    expect([itemOnAir(simulation), sessions.length]).toEqual(['loops/snow.mp4', 2]);
  },
  60_000,
);
