import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { currentSession } from '../studio.ts';
import { BROADCAST, type ChannelStudio, openChannel, PATIENCE_MS } from './channel.ts';

let channel: ChannelStudio;

beforeEach(async () => {
  channel = await openChannel();
  channel.logIn();
});

afterEach(() => channel.close());

test('a broadcast is begun as described, replaced when it ends, and renewed at its age, in one RTMP session', async () => {
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
});
