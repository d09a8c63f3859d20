import { describe, expect } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { inTurn } from '../../fixtures/in-turn.ts';
import { currentSession } from '../studio.ts';
import { conditionOf, ON_AIR, PATIENCE_MS } from './channel.ts';

describe.concurrent('what the API answers never touches the stream: answers', () => {
  const row = inTurn(ON_AIR);

  row('nonsense instead of answers: nothing is done on it, and no secret is told', async ({ channel, daemon }) => {
    const before = channel.inserts();
    channel.youtube.fault = () => ({ kind: 'answer', status: 200, text: '<html>Sign in</html>' });
    await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'backoff', {
      what: 'it to be told',
      timeoutMs: PATIENCE_MS,
    });
    channel.youtube.fault = undefined;
    const health = await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'ok', {
      what: 'it to be over',
      timeoutMs: PATIENCE_MS,
    });
    expect(health.status).toBe('live');
    expect(channel.inserts()).toBe(before);
    const told = [...daemon.logLines, daemon.stderr, JSON.stringify(health)].join('\n');
    for (const secret of [channel.youtube.oauth.clientSecret, '1//fake-refresh', 'ya29.']) {
      expect(told).not.toContain(secret);
    }
  });

  row(
    'an outage over a renewal that is due: nothing goes off air, and it is made up for',
    async ({ channel, daemon, id: first }) => {
      const session = currentSession(channel.studio.sink);
      channel.youtube.fault = () => ({ kind: 'html', status: 503 });
      channel.makeOld(first);
      await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'backoff', {
        what: 'the outage to be told',
        timeoutMs: PATIENCE_MS,
      });
      const { status, conditions } = await daemon.health();
      expect(status).toBe('live');
      expect(conditions.find(({ type }) => type === 'BroadcastCountable')?.status).not.toBe('False');
      expect(channel.live()).toEqual([first]);
      channel.youtube.fault = undefined;
      await channel.oneIsLive(first);
      expect(currentSession(channel.studio.sink)).toBe(session);
    },
  );
});

describe.concurrent('what the API answers never touches the stream: refusals', () => {
  const row = inTurn(ON_AIR);

  row(
    'a login that is revoked: the stream goes on, no storm of requests, the remedy in words; a new login ends it',
    async ({ channel, daemon, id: first }) => {
      channel.youtube.oauth.revokeAll();
      const health = await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'unauthorized', {
        what: 'it to be told',
        timeoutMs: PATIENCE_MS,
      });
      expect(health.status).toBe('live');
      expect(health.youtube?.api.reason).toBe('invalid_grant');
      expect(conditionOf(health, 'YouTubeAuthorized')).toMatchObject({ status: 'False' });
      expect(health.conditions.find(({ type }) => type === 'YouTubeAuthorized')?.message).toContain(
        'streamctl youtube login',
      );
      channel.youtube.clearRequests();
      await eventually(
        async () => {
          const { uplink } = await daemon.health();
          if (Date.now() - Date.parse(uplink?.since ?? '') < 0) throw new Error('not yet');
        },
        { what: 'the stream to go on' },
      );
      expect(channel.youtube.requests.length).toBeLessThanOrEqual(2);
      channel.logIn();
      await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'ok' && youtube.broadcast?.id === first, {
        what: 'the new login to be noticed',
        timeoutMs: PATIENCE_MS,
      });
    },
  );

  // The last: it lasts until midnight.
  row(
    'a quota that is used up: not asked before midnight Pacific, unknown and not down',
    async ({ channel, daemon }) => {
      channel.youtube.fault = () => ({ kind: 'refuse', status: 403, reason: 'quotaExceeded' });
      const health = await healthEventually(daemon, ({ youtube }) => youtube?.api.state === 'quota', {
        what: 'it to be told',
        timeoutMs: PATIENCE_MS,
      });
      expect(health.status).toBe('live');
      expect(health.youtube?.api.until).toMatch(/T0[78]:00:00.000Z$/);
      channel.youtube.clearRequests();
      const later = await healthEventually(daemon, ({ youtube }) => youtube?.broadcast === null, {
        what: 'what was known to grow old',
        timeoutMs: PATIENCE_MS,
      });
      expect(later.status).toBe('live');
      expect(conditionOf(later, 'BroadcastLive')).toMatchObject({ status: 'Unknown' });
      expect(channel.youtube.requests).toEqual([]);
    },
  );
});
