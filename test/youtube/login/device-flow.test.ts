import { describe, expect, it, onTestFinished } from 'vitest';
import { runDeviceFlow, type DeviceFlowEnd } from '../../../src/youtube/login/device-flow.ts';
import { createOAuth, type DeviceCode } from '../../../src/youtube/login/oauth.ts';
import { createHttp } from '../../../src/youtube/wire/http.ts';
import { startFakeYouTube, type FakeYouTube } from '../../fixtures/youtube/fake-youtube.ts';

interface Flow {
  readonly end: DeviceFlowEnd;
  readonly shown: readonly DeviceCode[];
  /** Pauses between polls, seconds. */
  readonly pausesS: readonly number[];
}

/** A login in which `then` is done before each poll, by its number from 0; a pause is over at once, by the fake's clock too. */
async function flow(then: (fake: FakeYouTube, poll: number) => void, clientId?: string): Promise<Flow> {
  let nowMs = Date.parse('2026-11-26T10:00:00Z');
  const fake = await startFakeYouTube({ keys: [], nowMs: () => nowMs });
  onTestFinished(() => fake.stop());
  const { clientSecret } = fake.oauth;
  const settings = { clientId: clientId ?? fake.oauth.clientId, clientSecret, oauthUrl: fake.url };
  const shown: DeviceCode[] = [];
  const pausesS: number[] = [];
  const end = await runDeviceFlow(createOAuth(settings, createHttp({ ca: null })), {
    show: (code) => void shown.push(code),
    sleep: async (ms) => {
      then(fake, pausesS.length);
      pausesS.push(ms / 1000);
      nowMs += ms;
      await Promise.resolve();
    },
    monoMs: () => nowMs,
  });
  return { end, shown, pausesS };
}

describe('a login by a code on another device', () => {
  it('shows one code, waits for the decision, and has a token of the one scope', async () => {
    const { end, shown, pausesS } = await flow((fake, poll) => {
      if (poll === 3) fake.oauth.decision = 'approved';
    });
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatchObject({ userCode: 'RAIN-DROP', verificationUrl: 'https://www.google.com/device' });
    expect(end).toMatchObject({ kind: 'granted', grant: { scope: 'https://www.googleapis.com/auth/youtube' } });
    expect(pausesS).toEqual([5, 5, 5, 5]);
  });

  it('asks five seconds later each time it is told to slow down', async () => {
    const { end, pausesS } = await flow((fake, poll) => {
      fake.fault = ({ name }) =>
        name === 'POST /token' && poll < 2
          ? { kind: 'answer', status: 429, text: '{"error":"slow_down","error_description":"Forbidden"}' }
          : undefined;
      fake.oauth.decision = 'approved';
    });
    expect(end.kind).toBe('granted');
    expect(pausesS).toEqual([5, 10, 15]);
  });

  it('ends when it is denied', async () => {
    const { end } = await flow((fake) => {
      fake.oauth.decision = 'denied';
    });
    expect(end).toEqual({ kind: 'denied' });
  });

  it('ends when nobody has typed the code in half an hour', async () => {
    const { end, pausesS } = await flow(() => undefined);
    expect(end).toEqual({ kind: 'expired' });
    expect(pausesS).toHaveLength(360);
  });

  it('goes on over answers that are lost, with longer pauses', async () => {
    const { end, pausesS } = await flow((fake, poll) => {
      fake.fault = ({ name }) => (name === 'POST /token' && poll < 2 ? { kind: 'html', status: 502 } : undefined);
      fake.oauth.decision = 'approved';
    });
    expect(end.kind).toBe('granted');
    expect(pausesS).toEqual([5, 10, 20]);
  });

  it('fails at once where the client is of another type', async () => {
    const { end, shown } = await flow(() => undefined, 'another-client');
    expect(end).toMatchObject({ kind: 'failed', failure: { kind: 'unauthorized', reason: 'invalid_client' } });
    expect(end.kind === 'failed' && end.failure.message).toContain('TVs and Limited Input devices');
    expect(shown).toEqual([]);
  });
});
