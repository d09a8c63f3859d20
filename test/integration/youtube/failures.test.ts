import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Daemon } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { currentSession } from '../studio.ts';
import { BROADCAST, type ChannelStudio, openChannel, PATIENCE_MS, POLL_S, seenLive } from './channel.ts';

const POLL_MS = POLL_S * 1000;

let channel: ChannelStudio;
let daemon: Daemon;

beforeEach(async () => {
  channel = await openChannel();
  channel.logIn();
});

afterEach(() => channel.close());

describe('one broadcast in the end', { timeout: 300_000 }, () => {
  test('where the answer to its beginning is lost, and then the daemon, at that very call', async () => {
    let left = 1;
    channel.youtube.fault = ({ name }) => {
      if (name !== 'POST /youtube/v3/liveBroadcasts' || left-- <= 0) return undefined;
      setImmediate(() => daemon.kill('SIGKILL'));
      return { kind: 'lost' };
    };
    daemon = await channel.onAir({ broadcast: BROADCAST });
    await daemon.exited;
    daemon = await channel.onAir({ broadcast: BROADCAST });
    const id = await channel.oneIsLive();
    await seenLive(daemon, id);
    expect(channel.inserts()).toBe(1);
    expect(channel.youtube.broadcasts().map(({ title }) => title)).toEqual(['Rain 1']);
  });

  test.each(['POST /youtube/v3/liveBroadcasts/bind', 'POST /youtube/v3/liveBroadcasts/transition'])(
    'where the daemon dies at %s of a renewal, and never none meanwhile',
    async (step) => {
      const { daemon: begun, id: first } = await channel.begun();
      const session = currentSession(channel.studio.sink);
      let left = 1;
      channel.youtube.fault = ({ name }) => {
        if (name === step && left-- > 0) begun.kill('SIGKILL');
        return undefined;
      };
      channel.makeOld(first);
      await begun.exited;
      daemon = await channel.onAir({ broadcast: BROADCAST });
      const fewest = { live: 9 };
      const watch = setInterval(() => (fewest.live = Math.min(fewest.live, channel.live().length)), 50);
      const second = await channel.oneIsLive(first);
      clearInterval(watch);
      await seenLive(daemon, second);
      expect(fewest.live).toBeGreaterThanOrEqual(1);
      expect(channel.inserts()).toBe(2);
      expect(currentSession(channel.studio.sink)).toBe(session);
    },
  );

  test('where its start is stuck: it is given up, and another begun', async () => {
    channel.youtube.knobs.liveAfterMs = Infinity;
    daemon = await channel.onAir({ broadcast: BROADCAST });
    const stuck = await eventually(
      () => {
        const found = channel.youtube.broadcasts().find(({ lifeCycle }) => lifeCycle === 'liveStarting');
        if (found === undefined) throw new Error('none starts');
        return found.id;
      },
      { what: 'a start', timeoutMs: PATIENCE_MS },
    );
    channel.youtube.knobs.liveAfterMs = 250;
    channel.youtube.studio.set(stuck, { changedAtMs: Number.POSITIVE_INFINITY });
    const id = await channel.oneIsLive(stuck);
    await seenLive(daemon, id);
    expect(channel.youtube.broadcasts().map((broadcast) => broadcast.id)).not.toContain(stuck);
  });

  test('where somebody begins another in Studio on our stream; one of another stream is left alone', async () => {
    const { id: ours } = await channel.begun();
    const others = channel.youtube.studio.begin({ boundStreamId: channel.youtube.world.streams[1]?.id ?? '' });
    channel.youtube.studio.begin({ title: 'By accident' });
    await eventually(() => expect(channel.live()).toEqual([ours]), { what: 'ours alone', timeoutMs: PATIENCE_MS });
    expect(channel.youtube.broadcasts().find(({ id }) => id === others.id)?.lifeCycle).toBe('live');
  });

  test('where it ends again and again: each next one waits longer', { tags: 'long' }, async () => {
    const begunAtMs: number[] = [];
    const { daemon, id } = await channel.begun();
    let last = id;
    for (let n = 0; n < 3; n += 1) {
      channel.youtube.studio.end(last);
      last = await eventually(() => channel.live()[0] ?? Promise.reject(new Error('none is live')), {
        what: 'the next one',
        timeoutMs: PATIENCE_MS,
      });
      begunAtMs.push(Date.now());
      await seenLive(daemon, last);
    }
    const [first = 0, second = 0, third = 0] = begunAtMs;
    expect(second - first).toBeGreaterThan(1.8 * POLL_MS);
    expect(third - second).toBeGreaterThan(3.8 * POLL_MS);
  });
});
