import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReconcileLoop } from '../../src/reconcile/loop.ts';
import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import { type Memory, NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import { SimulatedMachine } from './simulated-machine.ts';
import { SETTINGS, SPEC } from './world-builder.ts';

/** Never gives up, so that a long outage does not end the run. */
const TIRELESS = { ...SETTINGS, policy: { delayMs: 5_000, maxRetries: 0 } };

type Fault = (machine: SimulatedMachine, nth: number) => void;

const pick = <T>(list: readonly T[], nth: number): T | undefined => list[nth % Math.max(1, list.length)];

const FAULTS: Readonly<Record<string, Fault>> = {
  'the uplink dies': (machine, nth) => machine.kill(pick(machine.uplinks, nth)?.runId ?? ''),
  'a playout dies': (machine, nth) => machine.kill(pick(machine.playouts, nth)?.runId ?? ''),
  'a playout freezes': ({ playouts }, nth) => {
    const run = pick(playouts, nth);
    if (run !== undefined) run.frozen = true;
  },
  'the uplink freezes': ({ uplinks }) => {
    for (const run of uplinks) run.frozen = true;
  },
  'the ingest refuses': (machine) => {
    machine.ingest = 'refusing';
  },
  'the ingest hangs': (machine) => {
    machine.ingest = 'hung';
  },
  'the ingest is back': (machine) => {
    machine.ingest = 'up';
  },
  'the store is away': (machine) => {
    machine.store = 'down';
  },
  'the store is back': (machine) => {
    machine.store = 'up';
  },
  'nobody can look': (machine) => {
    machine.blind = true;
  },
  'one can look again': (machine) => {
    machine.blind = false;
  },
  'another wish': (machine, nth) => {
    machine.spec = pick(WISHES, nth) ?? SPEC;
  },
};

const WISHES: readonly DesiredSpec[] = [
  SPEC,
  { ...SPEC, media: { kind: 'key', key: 'other.mp4' } },
  { ...SPEC, media: { kind: 'prefix', prefix: 'loops/' }, order: 'shuffled' },
  { ...SPEC, bitrateKbps: 6_000 },
  { ...SPEC, resolution: { width: 1920, height: 1080 } },
  { ...SPEC, running: false },
];

interface Event {
  readonly fault: string;
  readonly nth: number;
  readonly thenMs: number;
  /** The daemon is killed and the next one begins with what it wrote, or with nothing. */
  readonly daemon: 'lives' | 'restarts' | 'forgets';
}

const event: fc.Arbitrary<Event> = fc.record({
  fault: fc.constantFrom(...Object.keys(FAULTS)),
  nth: fc.nat(6),
  thenMs: fc.constantFrom(150, 900, 4_000, 12_000),
  daemon: fc.constantFrom('lives', 'lives', 'lives', 'restarts', 'forgets'),
});

const talliesOf = (passes: readonly Pass[]): Memory => {
  const last = passes.at(-1);
  return last === undefined ? NO_MEMORY : (JSON.parse(JSON.stringify(last.plan.memory)) as Memory);
};

async function runFor(loop: ReconcileLoop, machine: SimulatedMachine, ms: number): Promise<void> {
  for (const end = machine.monoMs + ms; machine.monoMs < end;) {
    await loop.pass();
    expect(machine.uplinks.length).toBeLessThanOrEqual(1);
    expect(machine.playouts.length).toBeLessThanOrEqual(6);
    machine.advance(Math.min(300, ms));
  }
}

/** Whatever happens; then nothing more does. */
async function afterChaos(events: readonly Event[]): Promise<{ machine: SimulatedMachine; loop: ReconcileLoop }> {
  const machine = new SimulatedMachine();
  let loop = new ReconcileLoop(machine.ports(), TIRELESS, NO_MEMORY);
  await runFor(loop, machine, 5_000);
  for (const { fault, nth, thenMs, daemon } of events) {
    FAULTS[fault]?.(machine, nth);
    if (daemon !== 'lives') {
      const memory = daemon === 'restarts' ? talliesOf(machine.passes) : NO_MEMORY;
      loop = new ReconcileLoop(machine.ports(), TIRELESS, memory);
    }
    await runFor(loop, machine, thenMs);
  }
  machine.ingest = 'up';
  machine.store = 'up';
  machine.blind = false;
  machine.spec = { ...machine.spec, running: true };
  for (const run of machine.uplinks) run.frozen = false;
  return { machine, loop };
}

describe('after any series of faults', () => {
  it('the wish is on air within a minute and a half, and then nothing is done any more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        const { machine, loop } = await afterChaos(events);
        await runFor(loop, machine, 90_000);
        const last = machine.passes.at(-1);
        expect(last?.plan.verdict.status).toBe('live');
        const { desired } = machine.observe();
        expect(last?.plan.memory.appliedHash).toBe(desired.accepted?.hash);

        const { sessions, darkMs } = machine;
        await runFor(loop, machine, 20_000);
        expect([machine.sessions, machine.darkMs]).toEqual([sessions, darkMs]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('four undisturbed hours', () => {
  it('are one session without a dark moment, whatever the programme', async () => {
    const machine = new SimulatedMachine();
    machine.spec = { ...SPEC, media: { kind: 'prefix', prefix: 'loops/' }, order: 'shuffled' };
    const loop = new ReconcileLoop(machine.ports(), TIRELESS, NO_MEMORY);
    await runFor(loop, machine, 10_000);
    const { darkMs } = machine;
    const played: string[] = [];
    for (const end = machine.monoMs + 4 * 3_600_000; machine.monoMs < end;) {
      const { plan } = await loop.pass();
      const key = plan.memory.cursor?.key;
      if (key !== undefined && key !== played.at(-1)) played.push(key);
      machine.advance(1_000);
    }
    expect([machine.sessions, machine.darkMs - darkMs]).toEqual([1, 0]);
    expect(played.length).toBeGreaterThanOrEqual(24);
  }, 60_000);
});
