import { describe, expect, it } from 'vitest';
import { calmWorld, type Effect, itemOnAir, onAir, struck } from './calm-world.ts';
import { clockMoves } from './commands/clock-moves.ts';
import { desiredBroken } from './commands/desired-broken.ts';
import { desiredEdited } from './commands/desired-edited.ts';
import { diskFails } from './commands/disk-fails.ts';
import { faultOf } from './commands/fault.ts';
import { ffmpegChanges } from './commands/ffmpeg-changes.ts';
import { ingestFails } from './commands/ingest-fails.ts';
import { reboot } from './commands/reboot.ts';
import { find, runHarmed, type Victim } from './commands/run-harmed.ts';
import { runWedged } from './commands/run-wedged.ts';
import { storeFails } from './commands/store-fails.ts';
import { strayRun } from './commands/stray-run.ts';
import type { Simulation } from './simulation.ts';

/** Each promise is tried at this many different moments. */
const SEEDS = Array.from({ length: 15 }, (_, index) => index + 1);

const harmed = (victim: Victim, signal: 'SIGKILL' | 'SIGSTOP') =>
  faultOf(runHarmed, { victim, signal, goesOnMs: null });

/** The worst of all moments, by some measure. */
async function worst(tryOnce: (seed: number) => Promise<number>): Promise<number> {
  let most = Number.NEGATIVE_INFINITY;
  for (const seed of SEEDS) most = Math.max(most, await tryOnce(seed));
  return most;
}

const firstSessionMs = ({ sessions, atMs }: Effect): number =>
  (sessions[0]?.openedAtMs ?? Number.POSITIVE_INFINITY) - atMs;

/** Nothing at all happens to what is on air. */
async function expectNothing(
  simulation: Simulation,
  fault: Parameters<typeof struck>[1],
  forMs: number,
): Promise<void> {
  const before = onAir(simulation);
  const effect = await struck(simulation, fault, forMs);
  expect([onAir(simulation), effect.darkMs, effect.sessions.length]).toEqual([before, 0, 0]);
}

describe('off-air time in the simulated world, the worst of many moments', { timeout: 120_000 }, () => {
  it('a killed daemon costs nothing, and its successor touches nothing', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      await expectNothing(simulation, () => simulation.killDaemon(), 20_000);
    }
  });

  it('a hand-over and a bitrate edit keep the session', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      const effect = await struck(
        simulation,
        () => {
          simulation.daemon?.loop.handOver();
          faultOf(desiredEdited, { bitrate: '1500k' }).happen(simulation);
        },
        30_000,
      );
      expect([effect.darkMs, effect.sessions.length]).toEqual([0, 0]);
      const holder = simulation.machine.playouts.find(({ place }) => place === 'holder');
      expect(holder?.spec.format.videoBitrateKbps).toBe(1_500);
    }
  });

  it('a killed uplink has a successor, and that a picture, within 2 s', async () => {
    let session = 0;
    const dark = await worst(async (seed) => {
      const effect = await struck(await calmWorld(seed), harmed('uplink', 'SIGKILL'), 15_000);
      session = Math.max(session, firstSessionMs(effect));
      return effect.darkMs;
    });
    expect([session, dark]).toEqual([expect.toSatisfy(below(2_000)), expect.toSatisfy(below(2_000))]);
  });

  it.each([
    ['a killed playout', harmed('holder', 'SIGKILL')],
    ['a frozen playout', harmed('holder', 'SIGSTOP')],
    ['a playout that hangs without a word', faultOf(runWedged, { role: 'holder' })],
    ['a store that is down for 15 s', faultOf(storeFails, { mode: 'down', forMs: 15_000 })],
    ['a store that hangs for 15 s', faultOf(storeFails, { mode: 'dead', forMs: 15_000 })],
    ['a store that is slow for 15 s', faultOf(storeFails, { mode: 'slow', forMs: 15_000 })],
  ])('%s is not seen: nothing but the programme is on air', async (_what, fault) => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      const effect = await struck(simulation, fault, 60_000);
      expect([seed, effect.sessions.length, effect.slateMs]).toEqual([seed, 0, 0]);
      expect(effect.darkMs).toSatisfy(below(300));
    }
  });

  it('the item goes on behind the reservoir of a killed playout where that ends', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      const dead = holderOf(simulation);
      const madeMs = dead?.writtenMs ?? 0;
      await struck(simulation, harmed('holder', 'SIGKILL'), 30_000);
      const next = holderOf(simulation);
      expect(next?.runId).not.toBe(dead?.runId);
      expect([dead, next].map((run) => run?.spec)).toMatchObject([{ kind: 'item' }, { kind: 'item' }]);
      const [from, to] = [offsetOf(dead) + madeMs, offsetOf(next)];
      expect(to).toSatisfy(above(from - 1_000));
      expect(to).toSatisfy(below(from + 1_000));
    }
  });

  it.each([
    ['uplink', 1],
    ['holder gate', 0],
    ['holder reservoir', 0],
  ] as const)('a frozen %s is replaced within 8 s', async (victim, sessions) => {
    const dark = await worst(async (seed) => {
      const effect = await struck(await calmWorld(seed), harmed(victim, 'SIGSTOP'), 25_000);
      expect(effect.sessions).toHaveLength(sessions);
      return effect.darkMs;
    });
    expect(dark).toSatisfy(below(8_000));
  });

  it('an uplink that hangs without a word is replaced within 10 s', async () => {
    const dark = await worst(async (seed) => {
      const effect = await struck(await calmWorld(seed), faultOf(runWedged, { role: 'uplink' }), 25_000);
      expect(effect.sessions).toHaveLength(1);
      return effect.darkMs;
    });
    expect(dark).toSatisfy(below(10_000));
  });

  it.each(['blackhole', 'hang'] as const)(
    'an ingest that falls silent (%s) is seen within 6 s and left within 8 s',
    async (mode) => {
      for (const seed of SEEDS) {
        const simulation = await calmWorld(seed);
        const { machine, judge } = simulation;
        const uplink = onAir(simulation)[0];
        const beganAtMs = machine.nowMs;
        let seenMs = Number.POSITIVE_INFINITY;
        judge.onPass = (_daemon, { plan }) => {
          if (plan.verdict.status !== 'live') seenMs = Math.min(seenMs, machine.nowMs - beganAtMs);
        };
        await struck(simulation, faultOf(ingestFails, { mode, reset: false, forMs: 60_000 }), 8_000);
        expect(seenMs).toSatisfy(below(6_000));
        expect(machine.uplinks.map(({ runId }) => runId)).not.toContain(uplink);
      }
    },
  );

  it('an ingest that refuses for a while is back soon after it can be', async () => {
    const late = await worst(async (seed) => {
      const simulation = await calmWorld(seed, { maxRetries: 0 });
      const effect = await struck(
        simulation,
        faultOf(ingestFails, { mode: 'refuse', reset: true, forMs: 20_000 }),
        40_000,
      );
      return firstSessionMs(effect) - 20_000;
    });
    expect(late).toSatisfy(below(4_000));
  });

  it('a store that is away costs no picture, and the item goes on where it was within 5 s of its return', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      const effect = await struck(simulation, faultOf(storeFails, { mode: 'down', forMs: 40_000 }), 39_000);
      expect([effect.sessions.length, itemOnAir(simulation)]).toEqual([0, null]);
      const back = await struck(simulation, () => undefined, 6_000);
      expect([back.sessions.length, itemOnAir(simulation)]).toEqual([0, 'loops/rain.mp4']);
      const holder = simulation.machine.playouts.find(({ place }) => place === 'holder');
      expect(holder?.spec).toMatchObject({ part: { cursor: { offsetMs: expect.toSatisfy(above(35_000)) } } });
      expect(effect.darkMs + back.darkMs).toSatisfy(below(1_000));
    }
  });

  it.each(['down', 'dead', 'slow'] as const)(
    'a store that is %s for longer is covered by the slate, without a pause at either end',
    async (mode) => {
      for (const seed of SEEDS) {
        const simulation = await calmWorld(seed);
        const effect = await struck(simulation, faultOf(storeFails, { mode, forMs: 60_000 }), 59_000);
        expect([seed, effect.sessions.length, itemOnAir(simulation)]).toEqual([seed, 0, null]);
        const back = await struck(simulation, () => undefined, 30_000);
        const item = mode === 'slow' ? expect.any(String) : 'loops/rain.mp4';
        expect([seed, back.sessions.length, itemOnAir(simulation)]).toEqual([seed, 0, item]);
        expect(effect.darkMs + back.darkMs).toSatisfy(below(1_000));
      }
    },
  );

  it.each([0, 1, 2, 3, 4, 5, null])('a desired.yaml broken in way %s changes nothing', async (text) => {
    const simulation = await calmWorld(7);
    await expectNothing(simulation, faultOf(desiredBroken, { text, forMs: null }), 30_000);
  });

  it.each(['full', 'readonly', 'deleted'] as const)(
    'a state directory that is %s changes nothing, not even for the next daemon',
    async (what) => {
      for (const seed of SEEDS) {
        const simulation = await calmWorld(seed);
        await expectNothing(simulation, faultOf(diskFails, { what, forMs: 60_000 }), 20_000);
        await expectNothing(simulation, () => simulation.killDaemon(), 20_000);
      }
    },
  );

  it('a stream begun on a full disk is left alone', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      faultOf(diskFails, { what: 'full', forMs: 90_000 }).happen(simulation);
      await struck(simulation, harmed('uplink', 'SIGKILL'), 8_000);
      await expectNothing(simulation, () => undefined, 30_000);
    }
  });

  it('strays are gone within 10 s, and the stream never knew', async () => {
    for (const kind of ['uplink', 'playout', 'playout without record'] as const) {
      const simulation = await calmWorld(3);
      const { machine } = simulation;
      await expectNothing(simulation, faultOf(strayRun, { kind }), 10_000);
      expect([...machine.uplinks, ...machine.playouts].filter(({ runId }) => runId.startsWith('stray'))).toEqual([]);
    }
  });

  it('the lock alone keeps a second uplink from publishing, while no daemon is there to see it', async () => {
    for (const seed of SEEDS) {
      const simulation = await calmWorld(seed);
      faultOf(strayRun, { kind: 'uplink' }).happen(simulation);
      simulation.killDaemon();
      simulation.startsAtMs = simulation.machine.nowMs + 15_000;
      await expectNothing(simulation, () => undefined, 20_000);
    }
  });

  it('a resumed machine is on air again within 3 s', async () => {
    const dark = await worst(async (seed) => {
      const effect = await struck(await calmWorld(seed), faultOf(clockMoves, { suspendedMs: 7_200_000 }), 20_000);
      expect(effect.sessions).toHaveLength(1);
      return effect.darkMs;
    });
    expect(dark).toSatisfy(below(3_000));
  });

  it.each([3_600_000, -3_600_000])('a wall clock set by %s ms changes nothing', async (stepMs) => {
    await expectNothing(await calmWorld(5), faultOf(clockMoves, { stepMs }), 30_000);
  });

  it('a reboot is followed by a stream within 10 s', async () => {
    const dark = await worst(
      async (seed) => (await struck(await calmWorld(seed), faultOf(reboot, null), 30_000)).darkMs,
    );
    expect(dark).toSatisfy(below(10_000));
  });

  it('a missing FFmpeg harms nothing that runs', async () => {
    await expectNothing(await calmWorld(5), faultOf(ffmpegChanges, { identity: null, forMs: 60_000 }), 90_000);
  });

  it('addresses are renewed in time, and items follow each other without a gap, for ten minutes', async () => {
    for (const media of ['loops/', ['short.mp4', 'unknown.ts'], 'short.mp4', 'long.mp4']) {
      const simulation = await calmWorld(9, { urlTtlS: 20 }, { media });
      const effect = await struck(simulation, () => undefined, 600_000);
      expect([media, effect.darkMs, effect.sessions.length, simulation.machine.ledger.urlRefusals]).toEqual([
        media,
        0,
        0,
        0,
      ]);
    }
  });

  it('a second daemon ends at once', async () => {
    const simulation = await calmWorld(1);
    const { daemon, daemons } = simulation;
    simulation.start();
    expect([simulation.daemon, simulation.daemons]).toEqual([daemon, daemons]);
    expect(find(simulation, 'uplink')?.alive).toBe(true);
  });
});

const holderOf = ({ machine }: Simulation) => machine.playouts.find(({ place }) => place === 'holder');
const offsetOf = (run: ReturnType<typeof holderOf>): number =>
  run?.spec.kind === 'item' ? run.spec.part.cursor.offsetMs : Number.NaN;
const below = (bound: number) => (value: number) => value <= bound;
const above = (bound: number) => (value: number) => value >= bound;
