import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Heartbeat } from '../../src/notify/heartbeat.ts';
import { send } from '../../src/notify/send.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Listener, openListener } from '../fixtures/listener.ts';

const HOUR_MS = 3_600_000;
let listener: Listener;
let told: string[];
let answered: { count: number };
let heartbeat: Heartbeat;

beforeEach(async () => {
  listener = await openListener();
  told = [];
  const counter = { count: 0 };
  answered = counter;
  heartbeat = new Heartbeat({
    address: `${listener.origin}/0123456789abcdef-uuid`,
    everyMs: 60_000,
    send: async (outgoing) => {
      const reply = await send(outgoing, { caFile: null, patienceMs: 400 });
      setImmediate(() => (counter.count += 1));
      return reply;
    },
    onProblem: (why) => told.push(why),
    onRecovery: () => told.push('well'),
  });
});
afterEach(() => listener.close());

/** A pass at this time, and the end of what it may have sent. */
async function pass(monoMs: number, httpStatus: 200 | 503 = 200, sends = 1): Promise<void> {
  const before = answered.count;
  heartbeat.passed({ httpStatus, monoMs });
  await eventually(() => expect(answered.count).toBe(before + sends));
}

describe('the heartbeat', () => {
  it('is a GET at the first pass, and then one each interval, however many passes there are', async () => {
    await pass(1_000_000);
    for (let ms = 1_001_000; ms < 1_060_000; ms += 1_000) heartbeat.passed({ httpStatus: 200, monoMs: ms });
    await pass(1_060_000);
    expect(listener.requests).toMatchObject([
      { method: 'GET', path: '/0123456789abcdef-uuid' },
      { method: 'GET', path: '/0123456789abcdef-uuid' },
    ]);
    expect(told).toEqual([]);
  });

  it('stays out while /health answers 503, and comes with the first pass that is well again', async () => {
    for (let ms = 0; ms < 300_000; ms += 1_000) heartbeat.passed({ httpStatus: 503, monoMs: ms });
    await pass(300_000);
    expect(listener.requests).toHaveLength(1);
  });

  it('does not pile up at a server that hangs', async () => {
    listener.manner = 'hang';
    heartbeat.passed({ httpStatus: 200, monoMs: 0 });
    for (let ms = 60_000; ms < HOUR_MS; ms += 60_000) heartbeat.passed({ httpStatus: 200, monoMs: ms });
    await eventually(() => expect(told).toEqual(['no answer within 0.4 s']));
    expect(listener.requests).toHaveLength(1);
  });

  it.each([
    ['error', 'it answered 500'],
    ['html', 'it answered with a web page: is the address right?'],
    ['redirect', 'it answered 302'],
    ['close', 'the connection was closed without an answer'],
  ] as const)('that meets a server with manner %s is told once an hour, and goes on', async (manner, why) => {
    listener.manner = manner;
    for (let ms = 0; ms < HOUR_MS; ms += HOUR_MS / 4) await pass(ms);
    expect(told).toEqual([why]);
    await pass(HOUR_MS);
    expect(told).toEqual([why, why]);
    listener.manner = 'ok';
    await pass(2 * HOUR_MS);
    expect(told).toEqual([why, why, 'well']);
    expect(listener.requests).toHaveLength(6);
  });
});
