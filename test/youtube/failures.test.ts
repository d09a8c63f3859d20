import { describe, expect, it } from 'vitest';
import type { YouTubeFailureKind } from '../../src/reconcile/model/youtube/youtube.ts';
import type { Fault } from '../fixtures/youtube/faults.ts';
import { connected, failureIn, KEY, logIn, rain, STREAM, valueOf } from './connected.ts';

const refuse = (status: number, reason: string): Fault => ({ kind: 'refuse', status, reason });

describe('what YouTube says no with', () => {
  it.each<[string, Fault, YouTubeFailureKind, string]>([
    ['the quota', refuse(403, 'quotaExceeded'), 'quota', 'quotaExceeded'],
    ['the old word for it', refuse(403, 'dailyLimitExceeded'), 'quota', 'dailyLimitExceeded'],
    ['its pace', refuse(403, 'userRequestsExceedRateLimit'), 'rate', 'userRequestsExceedRateLimit'],
    ['a 429 without a word', { kind: 'html', status: 429 }, 'rate', 'http429'],
    ['live streaming not enabled', refuse(403, 'liveStreamingNotEnabled'), 'refused', 'liveStreamingNotEnabled'],
    ['an API not enabled', refuse(403, 'accessNotConfigured'), 'refused', 'accessNotConfigured'],
    ['a right that is missing', refuse(403, 'insufficientPermissions'), 'unauthorized', 'insufficientPermissions'],
    ['a word nobody knows', refuse(403, 'somethingNew'), 'refused', 'somethingNew'],
    ['a word that every object knows', refuse(403, 'constructor'), 'refused', 'constructor'],
    ['a value', refuse(400, 'invalidScheduledStartTime'), 'invalid', 'invalidScheduledStartTime'],
    [
      'a setting that is frozen',
      refuse(403, 'enableDvrModificationNotAllowed'),
      'conflict',
      'enableDvrModificationNotAllowed',
    ],
    ['its own failing', refuse(503, 'backendError'), 'unavailable', 'backendError'],
    ['a known word in a server error', refuse(500, 'quotaExceeded'), 'unavailable', 'quotaExceeded'],
    ['HTML', { kind: 'html', status: 502 }, 'unavailable', 'http502'],
    ['HTML that claims success', { kind: 'html', status: 200 }, 'unavailable', 'badAnswer'],
    ['a redirect, which is not followed', { kind: 'redirect', to: 'http://127.0.0.1:1/' }, 'unavailable', 'http302'],
    ['half an answer', { kind: 'cut' }, 'unavailable', 'badAnswer'],
    [
      'an answer without end',
      { kind: 'answer', status: 200, text: `"${'x'.repeat(2_000_000)}"` },
      'unavailable',
      'badAnswer',
    ],
    ['silence', { kind: 'hang' }, 'unavailable', 'timeout'],
  ])('%s', async (_what, fault, kind, reason) => {
    const { youtube, fake } = await connected({ timeoutMs: 1_000 });
    fake.fault = ({ name }) => (name.startsWith('GET') ? fault : undefined);
    expect(failureIn(await youtube.broadcasts({ kind: 'active' }))).toMatchObject({ kind, reason });
  });

  it('is a server that is not there', async () => {
    const { youtube, fake } = await connected();
    await fake.stop();
    const failure = failureIn(await youtube.broadcasts({ kind: 'active' }));
    expect(failure).toMatchObject({ kind: 'unavailable', reason: 'unreachable' });
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it('is passed on with the time YouTube asked to wait', async () => {
    const { youtube, fake } = await connected();
    fake.fault = ({ name }) =>
      name.startsWith('GET')
        ? { kind: 'refuse', status: 429, reason: 'rateLimitExceeded', retryAfterS: 90 }
        : undefined;
    expect(failureIn(await youtube.stream(STREAM))).toMatchObject({ kind: 'rate', retryAfterMs: 90_000 });
  });

  it('shows no text of the answer, no address and no secret', async () => {
    const { youtube, fake, readLogin } = await connected();
    const login = readLogin();
    const hostile = JSON.stringify({
      error: {
        code: 403,
        message: 'Project 1234567890 at https://console.cloud.google.com/x?key=SECRET',
        errors: [{ reason: 'https://evil/\u001b[2J', message: 'x' }, { reason: 'quotaExceeded' }],
      },
    });
    fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'answer', status: 403, text: hostile } : undefined);
    const failure = failureIn(await youtube.broadcasts({ kind: 'active' }));
    expect(failure.reason).toBe('quotaExceeded');
    expect(JSON.stringify(failure)).not.toMatch(/http|1234567890|SECRET|\\u001b/);
    expect(login.kind === 'ok' && JSON.stringify(failure).includes(login.login.refreshToken)).toBe(false);
  });
});

describe('the login', () => {
  it('is used once for many calls, and anew before its hour is over', async () => {
    const { youtube, fake, pass } = await connected();
    const refreshes = (): number => fake.requests.filter(({ name }) => name === 'POST /token').length;
    await Promise.all([youtube.channel(), youtube.stream(STREAM), youtube.broadcasts({ kind: 'active' })]);
    expect(refreshes()).toBe(1);
    pass(3_500_000);
    valueOf(await youtube.channel());
    expect(refreshes()).toBe(1);
    pass(60_000);
    valueOf(await youtube.channel());
    expect(refreshes()).toBe(2);
  });

  it('is refreshed once when its token is refused before its time', async () => {
    const { youtube, fake, nowMs } = await connected();
    valueOf(await youtube.channel());
    fake.oauth.dropAccessTokens();
    valueOf(await youtube.insertBroadcast(rain(nowMs())));
    expect(fake.broadcasts()).toHaveLength(1);
    fake.clearRequests();
    fake.fault = ({ name }) => (name.startsWith('GET') ? refuse(401, 'authError') : undefined);
    expect(failureIn(await youtube.channel()).kind).toBe('unauthorized');
    expect(fake.requests.filter(({ name }) => name.startsWith('GET'))).toHaveLength(2);
  });

  it('that was revoked is final, with what to do about it', async () => {
    const { youtube, fake, pass } = await connected();
    valueOf(await youtube.channel());
    fake.oauth.revokeAll();
    pass(3_600_000);
    const failure = failureIn(await youtube.channel());
    expect(failure).toMatchObject({ kind: 'unauthorized', reason: 'invalid_grant' });
    expect(failure.message).toContain('streamctl youtube login');
    expect(failure.message).toContain('7 days');
  });

  it('of another client says that', async () => {
    const { youtube, fake } = await connected();
    fake.oauth.refusal = 'invalid_client';
    expect(failureIn(await youtube.channel())).toMatchObject({ kind: 'unauthorized', reason: 'invalid_client' });
  });

  it('that is not there, or damaged, asks nobody anything', async () => {
    const { youtube, fake, tokenFile } = await connected();
    const { rmSync, writeFileSync } = await import('node:fs');
    writeFileSync(tokenFile, '{"refreshToken":');
    expect(failureIn(await youtube.channel())).toMatchObject({ kind: 'unauthorized', reason: 'loginUnreadable' });
    rmSync(tokenFile);
    expect(failureIn(await youtube.channel())).toMatchObject({ kind: 'unauthorized', reason: 'notLoggedIn' });
    expect(fake.requests).toEqual([]);
  });

  it('that is replaced is noticed at the next call', async () => {
    const { youtube, fake, tokenFile } = await connected();
    valueOf(await youtube.channel());
    fake.oauth.revokeAll();
    expect(failureIn(await youtube.channel()).kind).toBe('unauthorized');
    logIn(tokenFile, fake.oauth.grant());
    valueOf(await youtube.channel());
  });
});

describe('the quota', () => {
  it('is counted as YouTube counts it, refused requests and a restart included', async () => {
    const all = await connected();
    const { youtube, fake, ledger, nowMs } = all;
    valueOf(await youtube.broadcasts({ kind: 'active' }));
    const { id } = valueOf(await youtube.insertBroadcast(rain(nowMs())));
    valueOf(await youtube.bindBroadcast(id, STREAM));
    expect(failureIn(await youtube.transitionBroadcast(id, 'live')).kind).toBe('inactive');
    expect(ledger.read()).toMatchObject({ used: 151, limit: 10_000, exhausted: false });
    expect(fake.unitsToday()).toBe(151);
    expect(all.again().ledger.read().used).toBe(151);
  });

  it('keeps what is left at the end for changes', async () => {
    const { youtube, ledger, fake, nowMs } = await connected();
    for (let n = 0; n < 190; n += 1) ledger.spend('write');
    fake.clearRequests();
    expect(failureIn(await youtube.broadcasts({ kind: 'active' }))).toMatchObject({
      kind: 'quota',
      reason: 'quotaReserved',
    });
    expect(fake.requests).toEqual([]);
    valueOf(await youtube.insertBroadcast(rain(nowMs())));
  });

  it('once used up is not asked for again before midnight Pacific, not even after a restart', async () => {
    const all = await connected();
    const { youtube, fake, pass, ledger, nowMs } = all;
    fake.feed(KEY, true);
    fake.knobs.unitsADay = 1;
    valueOf(await youtube.broadcasts({ kind: 'active' }));
    expect(failureIn(await youtube.broadcasts({ kind: 'active' })).reason).toBe('quotaExceeded');
    fake.clearRequests();
    expect(failureIn(await all.again().youtube.insertBroadcast(rain(nowMs()))).reason).toBe('quotaExceeded');
    expect(fake.requests).toEqual([]);
    expect(new Date(ledger.read().resetsAtMs).toISOString()).toBe('2026-11-27T08:00:00.000Z');
    pass(ledger.read().resetsAtMs - nowMs());
    valueOf(await youtube.broadcasts({ kind: 'active' }));
  });
});
