import { expect } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { currentSession } from '../studio.ts';
import { BROADCAST, conditionOf, onChannel, PATIENCE_MS } from './channel.ts';

const at = { timeout: 300_000 };

onChannel.concurrent(
  'a broadcast is begun as described, replaced when it ends, and renewed at its age, in one RTMP session',
  at,
  async ({ channel }) => {
    channel.logIn();
    const daemon = await channel.onAir({ broadcast: BROADCAST });
    const first = await channel.oneIsLive();
    const begun = channel.youtube.broadcasts().find(({ id }) => id === first);
    expect(begun).toMatchObject({
      title: 'Rain 1',
      privacyStatus: 'public',
      enableAutoStart: false,
      enableAutoStop: false,
      enableMonitorStream: false,
      enableDvr: true,
    });
    await healthEventually(daemon, ({ youtube }) => youtube?.broadcast?.lifeCycle === 'live', {
      what: 'it to be told',
      timeoutMs: PATIENCE_MS,
    });
    const session = currentSession(channel.studio.sink);

    channel.youtube.studio.end(first);
    const second = await channel.oneIsLive(first);
    expect(channel.youtube.broadcasts().filter(({ lifeCycle }) => lifeCycle === 'live')).toHaveLength(1);

    await healthEventually(daemon, ({ youtube }) => youtube?.broadcast?.id === second, {
      what: 'it to be told',
      timeoutMs: PATIENCE_MS,
    });
    channel.youtube.studio.set(second, { startedAtMs: Date.now() - (11 * 60 + 14.9) * 60_000 });
    let fewest = 9;
    const third = await eventually(
      () => {
        fewest = Math.min(fewest, channel.live().length);
        const [id, ...more] = channel.live();
        if (id === undefined || id === second || more.length > 0) throw new Error(`live: ${channel.live().join(', ')}`);
        return id;
      },
      { what: 'the renewal', timeoutMs: PATIENCE_MS, everyMs: 20 },
    );
    expect(fewest).toBe(1);
    expect(channel.youtube.broadcasts().map(({ id, title }) => [id, title])).toEqual([
      [first, 'Rain 1'],
      [second, 'Rain 2'],
      [third, 'Rain 3'],
    ]);
    expect(currentSession(channel.studio.sink)).toBe(session);
    expect(channel.studio.sink.sessions).toHaveLength(1);
  },
);

onChannel.concurrent(
  'without a login not one request is made, and nothing is said of YouTube; a login is noticed without a restart',
  at,
  async ({ channel }) => {
    const daemon = await channel.onAir();
    await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live', timeoutMs: PATIENCE_MS });
    expect(channel.youtube.requests).toEqual([]);
    expect((await daemon.health()).youtube).toBeNull();
    channel.youtube.studio.begin({ title: 'By hand' });
    channel.logIn();
    const health = await healthEventually(daemon, ({ youtube }) => youtube?.broadcast !== null && youtube !== null, {
      what: 'what YouTube says',
      timeoutMs: PATIENCE_MS,
    });
    expect(health.youtube).toMatchObject({
      api: { state: 'ok', reason: null, until: null },
      channel: channel.youtube.world.channel,
      stream: { health: 'good', issues: [] },
      broadcast: { title: 'By hand', lifeCycle: 'live', privacy: 'public' },
    });
    expect(conditionOf(health, 'YouTubeAuthorized')).toMatchObject({ status: 'True' });
    expect(conditionOf(health, 'BroadcastLive')).toMatchObject({ status: 'True' });
  },
);

onChannel.concurrent(
  'a stream whose broadcast ended is down, and the RTMP session untouched',
  at,
  async ({ channel }) => {
    channel.logIn();
    const begun = channel.youtube.studio.begin({});
    const daemon = await channel.onAir();
    await healthEventually(daemon, ({ youtube, status }) => status === 'live' && youtube?.broadcast?.id === begun.id, {
      what: 'the broadcast to be seen',
      timeoutMs: PATIENCE_MS,
    });
    const session = currentSession(channel.studio.sink);
    channel.youtube.studio.end(begun.id);
    const health = await healthEventually(daemon, ({ reason }) => reason === 'NotLiveAtYouTube', {
      what: 'it to be told',
      timeoutMs: PATIENCE_MS,
    });
    expect(health.status).toBe('down');
    expect((await daemon.rawHealth()).status).toBe(503);
    expect(currentSession(channel.studio.sink)).toBe(session);
    channel.youtube.studio.begin({});
    await healthEventually(daemon, ({ status }) => status === 'live', {
      what: 'live again',
      timeoutMs: PATIENCE_MS,
    });
    expect(currentSession(channel.studio.sink)).toBe(session);
  },
);
