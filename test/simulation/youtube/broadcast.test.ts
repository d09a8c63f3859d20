import { beforeEach, describe, expect, it } from 'vitest';
import { SPEC } from '../../reconcile/broadcast/scene.ts';
import { Controller } from './controller.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let controller: Controller;
beforeEach(() => {
  controller = new Controller();
});

const untilLive = (): Promise<void> => controller.pass(10 * MINUTE_MS, () => controller.youtube.live.length > 0);

describe('the broadcast', () => {
  it('is begun where none is live', async () => {
    await untilLive();
    await controller.pass(5 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b1']);
    expect(controller.memory.current).toMatchObject({ id: 'b1', origin: 'begun' });
    expect(controller.youtube.log).toEqual(['insert', 'bind', 'transition live']);
    expect(controller.youtube.broadcasts.get('b1')?.title).toBe('Rain 1');
  });

  it('is replaced when it ended, within four minutes, once', async () => {
    await untilLive();
    await controller.pass(MINUTE_MS * 30);
    const endedAtMs = controller.youtube.nowMs;
    controller.youtube.end('b1');
    await untilLive();
    expect(controller.youtube.nowMs - endedAtMs).toBeLessThan(4 * MINUTE_MS);
    await controller.pass(HOUR_MS);
    expect(controller.youtube.live).toEqual(['b2']);
    expect(controller.youtube.created).toBe(2);
  });

  it('is renewed before it is 11 h 15 min old, never none live, and the old one is completed within a minute', async () => {
    await untilLive();
    let none = 0;
    let both = 0;
    controller.afterPass = () => {
      if (controller.youtube.live.length === 0) none++;
      if (controller.youtube.live.length === 2) both++;
    };
    const begunAtMs = controller.youtube.nowMs;
    await controller.pass(12 * HOUR_MS, () => controller.youtube.live.includes('b2'));
    expect(controller.youtube.nowMs - begunAtMs).toBeLessThan((11 * 60 + 15) * MINUTE_MS);
    await controller.pass(10 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b2']);
    expect(none).toBe(0);
    expect(both * 1_000).toBeLessThan(MINUTE_MS);
  });

  it('is adopted where Studio began it, and the description applied once', async () => {
    const id = controller.youtube.beginInStudio();
    await controller.pass(5 * MINUTE_MS);
    expect(controller.youtube.live).toEqual([id]);
    expect(controller.youtube.edits).toEqual([
      { id, edit: { title: 'Rain 1', privacy: 'public', madeForKids: false } },
    ]);
    expect(controller.youtube.broadcasts.get(id)?.description).toBe('theirs');
  });

  it('is edited without wiping what is not named, and a change in Studio stays', async () => {
    await untilLive();
    await controller.pass(2 * MINUTE_MS);
    controller.desired = { kind: 'onAir', spec: { ...SPEC, description: 'new' } };
    await controller.pass(2 * MINUTE_MS);
    expect(controller.youtube.edits).toEqual([{ id: 'b1', edit: { description: 'new' } }]);
    controller.youtube.broadcasts.get('b1')!.description = 'by hand';
    await controller.pass(10 * MINUTE_MS);
    expect(controller.youtube.broadcasts.get('b1')?.description).toBe('by hand');
  });

  it('is completed five minutes after the uplink is gone with running: false', async () => {
    await untilLive();
    await controller.pass(2 * MINUTE_MS);
    controller.desired = { kind: 'offAir' };
    controller.uplink = 'absent';
    await controller.pass(4.9 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b1']);
    await controller.pass(MINUTE_MS);
    expect(controller.youtube.live).toEqual([]);
    await controller.pass(10 * MINUTE_MS);
    expect(controller.memory.archives).toMatchObject([{ id: 'b1', state: 'kept' }]);
  });

  it('is exactly one in the end where two are live and neither is ours', async () => {
    controller.youtube.beginInStudio(HOUR_MS);
    const youngest = controller.youtube.beginInStudio(MINUTE_MS);
    await controller.pass(5 * MINUTE_MS);
    expect(controller.youtube.live).toEqual([youngest]);
  });

  it('leaves alone what another stream shows', async () => {
    const other = controller.youtube.beginInStudio(0, 'another-stream');
    await controller.pass(10 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b1']);
    expect(controller.youtube.broadcasts.get(other)?.lifeCycle).toBe('live');
    expect(controller.youtube.edits).toEqual([]);
  });

  it('is given up where its start is stuck, and another begun at once', async () => {
    controller.youtube.stuckStarts = 1;
    await controller.pass(6 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b2']);
    expect(controller.youtube.broadcasts.has('b1')).toBe(false);
  });

  it('is begun eight times a day at most, with growing waits', async () => {
    const begun: number[] = [];
    let before = 0;
    controller.afterPass = () => {
      if (controller.youtube.created > before) begun.push(controller.youtube.nowMs);
      before = controller.youtube.created;
      for (const id of controller.youtube.live) controller.youtube.end(id);
    };
    await controller.pass(24 * HOUR_MS);
    expect(begun).toHaveLength(8);
    const waits = begun.slice(1).map((at, index) => at - begun[index]!);
    expect(waits.at(-1)).toBeGreaterThan(29 * MINUTE_MS);
    expect(waits[1]).toBeGreaterThanOrEqual(2 * MINUTE_MS);
  });

  it('takes fewer than 4,500 units for a day with three renewals', async () => {
    await untilLive();
    const from = controller.youtube.nowMs;
    controller.desired = { kind: 'onAir', spec: { ...SPEC, category: '10', thumbnail: 'a.png', playlist: 'PL1' } };
    const next = (): number => from + Math.ceil((controller.youtube.nowMs - from + 1) / (8 * HOUR_MS)) * 8 * HOUR_MS;
    controller.afterPass = () => {
      controller.recycle = { name: 'r', nextWallMs: next(), followingWallMs: next() + 8 * HOUR_MS };
    };
    await controller.pass(24 * HOUR_MS + 10 * MINUTE_MS);
    expect(controller.youtube.created).toBe(4);
    expect(controller.youtube.used).toBeLessThan(4_500);
  });
});

describe('what goes wrong', () => {
  it.each(['lostAnswer', 'daemonDiesAfter', 'daemonDiesBefore'] as const)(
    'leaves exactly one broadcast, whatever call it befalls: %s',
    async (mishap) => {
      for (const kind of ['insert', 'bind', 'transition', 'look'] as const) {
        controller = new Controller();
        let done = 0;
        controller.mishap = (call) => (call.kind === kind && done++ < 2 ? mishap : null);
        await controller.pass(15 * MINUTE_MS);
        expect(controller.youtube.live, kind).toHaveLength(1);
        expect([...controller.youtube.broadcasts.keys()], kind).toHaveLength(1);
      }
    },
  );

  // Found by the campaign: SIM_SEED=15838, 313 runs.
  it.each(['conflict', 'limit', 'refused', 'missing'] as const)(
    'leaves none behind whose withdrawal is refused for a while: %s',
    async (kind) => {
      controller.youtube.refuses = { call: 'bind', kind: 'conflict' };
      await controller.pass(3 * MINUTE_MS);
      controller.youtube.refuses = { call: 'delete', kind };
      controller.youtube.beginInStudio();
      await controller.pass(10 * MINUTE_MS);
      expect(controller.memory.current?.origin).toBe('adopted');
      expect([...controller.youtube.broadcasts.keys()]).toHaveLength(2);
      controller.youtube.refuses = null;
      await controller.pass(40 * MINUTE_MS);
      expect(controller.youtube.live).toHaveLength(1);
      expect([...controller.youtube.broadcasts.keys()]).toEqual(controller.youtube.live);
    },
  );

  it('waits out two hours of silence over a renewal that is due', async () => {
    await untilLive();
    await controller.pass(11 * HOUR_MS);
    controller.youtube.fails = 'unavailable';
    await controller.pass(30 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b1']);
    controller.youtube.fails = null;
    await controller.pass(20 * MINUTE_MS);
    expect(controller.youtube.live).toEqual(['b2']);
  });

  it('asks at most once in 15 min after a refusal for good, and goes on after another login', async () => {
    await untilLive();
    controller.youtube.fails = 'unauthorized';
    const before = controller.calls.length;
    await controller.pass(2 * HOUR_MS);
    expect(controller.calls.length - before).toBeLessThanOrEqual(9);
    expect(controller.memory.api.state).toBe('unauthorized');
    controller.youtube.fails = null;
    controller.observation = { ...controller.observation, login: 'login-2' };
    await controller.pass(MINUTE_MS);
    expect(controller.memory.api.state).toBe('ok');
  });
});
