import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Reply, send } from '../../src/notify/send.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Listener, openListener } from '../fixtures/listener.ts';

const TOKEN = '0123456789abcdef-token';
let listener: Listener;

beforeEach(async () => {
  listener = await openListener();
});
afterEach(() => listener.close());

const ask = (
  patienceMs = 20_000,
  address = `${listener.origin}/push/${TOKEN}?status=up&msg=OK&ping=`,
): Promise<Reply> => send({ method: 'GET', address, headers: {}, body: '' }, { caFile: null, patienceMs });

describe('send', () => {
  it('asks exactly what the address says, and answers with the status and how the answer begins', async () => {
    expect(await ask()).toEqual({ kind: 'answered', status: 200, contentType: 'text/plain', text: 'OK' });
    expect(listener.requests).toMatchObject([
      { method: 'GET', path: `/push/${TOKEN}?status=up&msg=OK&ping=`, body: '' },
    ]);
  });

  it('sends user and password as they stand in the address, and not within the path', async () => {
    await ask(20_000, listener.origin.replace('//', '//me:pass%20word@') + '/x');
    expect(listener.requests[0]?.path).toBe('/x');
    expect(listener.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:pass word')}`);
  });

  it('sends a body whole, whatever characters it is of', async () => {
    const body = '„Regen“ is on air ☔';
    await send(
      { method: 'POST', address: listener.origin, headers: { title: 'x' }, body },
      { caFile: null, patienceMs: 20_000 },
    );
    expect(listener.requests).toMatchObject([{ method: 'POST', body, headers: { title: 'x' } }]);
  });

  it.each(['hang', 'drip'] as const)(
    'waits no longer than its patience for a server that does %s, and hangs up',
    async (manner) => {
      listener.manner = manner;
      expect(await ask(300)).toEqual({ kind: 'failed', why: 'no answer within 0.3 s' });
      expect(listener.requests).toHaveLength(1);
      await eventually(() => expect(listener.open).toBe(0));
    },
  );

  it('follows no redirect: whom that names shall not learn the address', async () => {
    listener.manner = 'redirect';
    expect(await ask()).toMatchObject({ kind: 'answered', status: 302 });
    expect(listener.requests).toHaveLength(1);
  });

  it('tells a server that is away, or that closes, in words without the address', async () => {
    listener.manner = 'close';
    expect(await ask()).toEqual({ kind: 'failed', why: 'the connection was closed without an answer' });
    await listener.close();
    const reply = await ask();
    expect(reply).toEqual({ kind: 'failed', why: 'connection refused' });
  });
});
