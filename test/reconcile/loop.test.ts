import { describe, expect, it } from 'vitest';
import { ReconcileLoop } from '../../src/reconcile/loop.ts';
import { NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import { SimulatedMachine } from './simulated-machine.ts';
import { SETTINGS, SPEC } from './world-builder.ts';

function loopOn(machine: SimulatedMachine, ports = machine.ports()): ReconcileLoop {
  return new ReconcileLoop(ports, SETTINGS, NO_MEMORY);
}

/** Passes until this much virtual time is over. */
async function runFor(loop: ReconcileLoop, machine: SimulatedMachine, ms: number): Promise<void> {
  for (const end = machine.monoMs + ms; machine.monoMs < end;) {
    await loop.pass();
    machine.advance(500);
  }
}

const lastVerdict = (machine: SimulatedMachine): string | undefined => machine.passes.at(-1)?.plan.verdict.status;

describe('the loop', () => {
  it('goes on air from nothing', async () => {
    const machine = new SimulatedMachine();
    await runFor(loopOn(machine), machine, 15_000);
    expect(lastVerdict(machine)).toBe('live');
    expect(machine.sessions).toBe(1);
  });

  it('looks again soon while something is under way, and every second once it is done', async () => {
    const machine = new SimulatedMachine();
    const pauses: number[] = [];
    const ports = machine.ports();
    const loop = loopOn(machine, {
      ...ports,
      sleep: (ms) => {
        pauses.push(ms);
        if (machine.monoMs > 10_020_000) loop.handOver();
        return ports.sleep(ms);
      },
    });
    await loop.run();
    expect(pauses[0]).toBeLessThan(500);
    expect(pauses.slice(-5)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('is in no hurry while there is no desired.yaml', async () => {
    const machine = new SimulatedMachine();
    const ports = machine.ports();
    const pauses: number[] = [];
    const loop = loopOn(machine, {
      ...ports,
      observe: async () => ({
        ...(await ports.observe()),
        desired: { file: { kind: 'missing', message: 'none' }, accepted: null },
      }),
      sleep: (ms) => {
        pauses.push(ms);
        if (pauses.length === 5) loop.handOver();
        return ports.sleep(ms);
      },
    });
    await loop.run();
    expect(pauses).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('takes the stream off air and exits 0 once it is told to stop', async () => {
    const machine = new SimulatedMachine();
    const loop = loopOn(machine);
    await runFor(loop, machine, 15_000);
    loop.stop();
    expect(await loop.run()).toMatchObject({ kind: 'exit', code: 0 });
    expect([...machine.uplinks, ...machine.playouts]).toEqual([]);
  });

  it('hands over without touching what is on air', async () => {
    const machine = new SimulatedMachine();
    const loop = loopOn(machine);
    await runFor(loop, machine, 15_000);
    const before = machine.observe().runs;
    const passes = machine.passes.length;
    loop.handOver();
    expect(await loop.run()).toEqual({ kind: 'handOver' });
    expect(machine.observe().runs).toEqual(before);
    expect(machine.passes).toHaveLength(passes);
  });

  it('is followed by another that adopts the stream', async () => {
    const machine = new SimulatedMachine();
    await runFor(loopOn(machine), machine, 15_000);
    const { uplinks, playouts } = machine;
    const before = [...uplinks, ...playouts].map(({ runId }) => runId);
    const darkMs = machine.darkMs;
    await runFor(loopOn(machine), machine, 15_000);
    expect([...uplinks, ...playouts].map(({ runId }) => runId)).toEqual(before);
    expect(machine.darkMs).toBe(darkMs);
    expect(lastVerdict(machine)).toBe('live');
  });

  it('exits 1 after the last retry and leaves the playout', async () => {
    const machine = new SimulatedMachine();
    machine.ingest = 'refusing';
    expect(await loopOn(machine).run()).toMatchObject({ kind: 'exit', code: 1 });
    expect(machine.playouts).not.toEqual([]);
    expect(machine.sessions).toBe(SETTINGS.policy.maxRetries);
  });

  it('does one pass at a time, and all effects of it before the next look', async () => {
    const machine = new SimulatedMachine();
    const ports = machine.ports();
    const order: string[] = [];
    const loop = loopOn(machine, {
      ...ports,
      observe: async () => {
        order.push('look');
        return ports.observe();
      },
      act: async (action) => {
        order.push('act');
        await new Promise((resolve) => setImmediate(resolve));
        order.push('acted');
        return ports.act(action);
      },
      publish: (pass) => {
        order.push('told');
        ports.publish(pass);
        if (machine.passes.length === 4) loop.handOver();
      },
    });
    await loop.run();
    expect(order.join(' ')).toMatch(/^(look( act acted)* told ?){4}$/);
  });

  it('tells what every action came to, and goes on', async () => {
    const machine = new SimulatedMachine();
    const ports = machine.ports();
    const loop = loopOn(machine, {
      ...ports,
      act: (action) =>
        action.kind === 'startUplink' ? Promise.resolve({ kind: 'failed', why: 'no memory' }) : ports.act(action),
    });
    await runFor(loop, machine, 10_000);
    const results = machine.passes.flatMap((pass) => pass.results);
    expect(results.find(({ action }) => action.kind === 'startUplink')?.result).toEqual({
      kind: 'failed',
      why: 'no memory',
    });
    expect(lastVerdict(machine)).toBe('down');
  });

  it('follows an edit within the session', async () => {
    const machine = new SimulatedMachine();
    const loop = loopOn(machine);
    await runFor(loop, machine, 15_000);
    const darkMs = machine.darkMs;
    machine.spec = { ...SPEC, media: { kind: 'key', key: 'other.mp4' } };
    await runFor(loop, machine, 10_000);
    expect(machine.playouts.find(({ place }) => place === 'holder')?.spec).toMatchObject({
      facts: { key: 'other.mp4' },
    });
    expect([machine.sessions, machine.darkMs - darkMs]).toEqual([1, 0]);
  });

  it('opens a new session of another size with at most 3 s off air', async () => {
    const machine = new SimulatedMachine();
    const loop = loopOn(machine);
    await runFor(loop, machine, 15_000);
    const darkMs = machine.darkMs;
    machine.spec = { ...SPEC, resolution: { width: 1920, height: 1080 } };
    for (let pass = 0; pass < 80; pass++) {
      await loop.pass();
      machine.advance(150);
    }
    expect(lastVerdict(machine)).toBe('live');
    expect(machine.sessions).toBe(2);
    expect(machine.darkMs - darkMs).toBeLessThanOrEqual(3_000);
  });
});
