import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Notifier } from '../../src/notify/notifier.ts';
import { send } from '../../src/notify/send.ts';
import type { Notice } from '../../src/reconcile/model/memory.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Listener, openListener } from '../fixtures/listener.ts';

const HOUR_MS = 3_600_000;
const WALL_MS = Date.UTC(2026, 0, 2);
const noticeOf = (id: string, event: Notice['event'] = 'trouble'): Notice => ({
  id,
  event,
  status: 'down',
  reason: 'UplinkFailed',
  message: id,
  sinceWallMs: WALL_MS,
  atWallMs: WALL_MS,
});

let listener: Listener;
let log: string[];
let notifier: Notifier;
let ended: { count: number };

beforeEach(async () => {
  listener = await openListener();
  log = [];
  const counter = { count: 0 };
  ended = counter;
  notifier = new Notifier({
    target: { address: `${listener.origin}/hook`, format: 'ntfy' },
    afterMs: 60_000,
    version: '1.2.3',
    send: async (outgoing) => {
      const reply = await send(outgoing, { caFile: null, patienceMs: 400 });
      setImmediate(() => (counter.count += 1));
      return reply;
    },
    onProblem: (why) => log.push(why),
    onRecovery: () => log.push('well'),
  });
});
afterEach(() => listener.close());

const passed = (outbox: readonly Notice[], monoMs: number): void =>
  notifier.passed(outbox, { monoMs, wallMs: WALL_MS + monoMs, nonce: 'x' });

/** A pass that sends, and the end of what it has sent. */
async function pass(outbox: readonly Notice[], monoMs: number): Promise<void> {
  const before = ended.count;
  passed(outbox, monoMs);
  await eventually(() => expect(ended.count).toBe(before + 1));
}

describe('the notifier', () => {
  it('sends what is in the outbox once, in order, and says what was delivered', async () => {
    const outbox = [noticeOf('a'), noticeOf('b', 'well')];
    await pass(outbox, 0);
    await pass(outbox, 1_000);
    for (let ms = 2_000; ms < HOUR_MS; ms += 1_000) passed(outbox, ms);
    expect(listener.requests.map(({ method, path, body }) => `${method} ${path} ${body.slice(0, 1)}`)).toEqual([
      'POST /hook a',
      'POST /hook b',
    ]);
    expect(notifier.read()).toEqual({
      afterMs: 60_000,
      delivered: ['a', 'b'],
      last: { kind: 'delivered', atWallMs: WALL_MS + 1_000 },
    });
  });

  it.each([
    ['error', 'it answered 500'],
    ['html', 'it answered with a web page: is the address right?'],
    ['close', 'the connection was closed without an answer'],
  ] as const)(
    'tries a server with manner %s again, with waits that grow, and delivers in the end',
    async (manner, why) => {
      listener.manner = manner;
      const outbox = [noticeOf('a')];
      const times: number[] = [];
      for (let ms = 0; ms < HOUR_MS; ms += 10_000) {
        const before = listener.requests.length;
        passed(outbox, ms);
        // Waits are multiples of ten seconds: a try that is due is seen to its end before the next pass.
        if (DUE_S.includes(ms / 1_000)) await eventually(() => expect(ended.count).toBe(times.length + 1));
        if (listener.requests.length > before) times.push(ms / 1_000);
      }
      expect(times).toEqual(DUE_S);
      expect(log).toEqual([why]);
      expect(notifier.read()).toMatchObject({ delivered: [], last: { kind: 'failed', why } });
      listener.manner = 'ok';
      await pass(outbox, 3_630_000);
      expect(notifier.read()).toMatchObject({ delivered: ['a'], last: { kind: 'delivered' } });
      expect(log).toEqual([why, 'well']);
    },
  );

  it('does not pile up at a server that hangs', async () => {
    listener.manner = 'hang';
    for (let ms = 0; ms < HOUR_MS; ms += 1_000) passed([noticeOf('a'), noticeOf('b')], ms);
    await eventually(() => expect(log).toEqual(['no answer within 0.4 s']));
    expect(listener.requests).toHaveLength(1);
  });
});

/** 10 s, doubled up to 10 min: seconds at which a message that nobody takes is sent within an hour. */
const DUE_S = [0, 10, 30, 70, 150, 310, 630, 1_230, 1_830, 2_430, 3_030];
