import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { currentSession } from '../studio.ts';
import { type ChannelStudio, conditionOf, openChannel, PATIENCE_MS } from './channel.ts';

let channel: ChannelStudio;

beforeEach(async () => {
  channel = await openChannel();
});

afterEach(() => channel.close());

test('without a login not one request is made, and nothing is said of YouTube; a login is noticed without a restart', async () => {
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
});

test('a stream whose broadcast ended is down, and the RTMP session untouched', async () => {
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
});
