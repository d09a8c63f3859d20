import { describe, expect } from 'vitest';
import type { Daemon } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { inTurn } from '../../fixtures/in-turn.ts';
import { currentSession } from '../studio.ts';
import { BROADCAST, ON_AIR, onChannel, PATIENCE_MS, POLL_S, seenLive } from './channel.ts';

const POLL_MS = POLL_S * 1000;

describe.concurrent('one broadcast in the end, where one is live', () => {
  const row = inTurn(ON_AIR);

  for (const step of ['POST /youtube/v3/liveBroadcasts/bind', 'POST /youtube/v3/liveBroadcasts/transition']) {
    row(`where the daemon dies at ${step} of a renewal, and never none meanwhile`, async (scene) => {
      const { channel, daemon: begun, id: first } = scene;
      const session = currentSession(channel.studio.sink);
      const before = channel.inserts();
      let left = 1;
      channel.youtube.fault = ({ name }) => {
        if (name === step && left-- > 0) begun.kill('SIGKILL');
        return undefined;
      };
      channel.makeOld(first);
      await begun.exited;
      scene.daemon = await channel.onAir({ broadcast: BROADCAST });
      const fewest = { live: 9 };
      const watch = setInterval(() => (fewest.live = Math.min(fewest.live, channel.live().length)), 50);
      const second = await channel.oneIsLive(first);
      clearInterval(watch);
      await seenLive(scene.daemon, second);
      expect(fewest.live).toBeGreaterThanOrEqual(1);
      expect(channel.inserts()).toBe(before + 1);
      expect(currentSession(channel.studio.sink)).toBe(session);
    });
  }

  row(
    'where somebody begins another in Studio on our stream; one of another stream is left alone',
    async ({ channel, id: ours }) => {
      const others = channel.youtube.studio.begin({ boundStreamId: channel.youtube.world.streams[1]?.id ?? '' });
      channel.youtube.studio.begin({ title: 'By accident' });
      await eventually(() => expect(channel.live()).toEqual([ours]), { what: 'ours alone', timeoutMs: PATIENCE_MS });
      expect(channel.youtube.broadcasts().find(({ id }) => id === others.id)?.lifeCycle).toBe('live');
    },
  );
});

describe.concurrent('one broadcast in the end, where none was', () => {
  const start = { concurrent: false, timeout: 300_000 };

  onChannel(
    'where the answer to its beginning is lost, and then the daemon, at that very call',
    start,
    async ({ channel }) => {
      channel.logIn();
      let daemon: Daemon | null = null;
      let left = 1;
      channel.youtube.fault = ({ name }) => {
        if (name !== 'POST /youtube/v3/liveBroadcasts' || left-- <= 0) return undefined;
        setImmediate(() => daemon?.kill('SIGKILL'));
        return { kind: 'lost' };
      };
      daemon = await channel.onAir({ broadcast: BROADCAST });
      await daemon.exited;
      daemon = await channel.onAir({ broadcast: BROADCAST });
      const id = await channel.oneIsLive();
      await seenLive(daemon, id);
      expect(channel.inserts()).toBe(1);
      expect(channel.youtube.broadcasts().map(({ title }) => title)).toEqual(['Rain 1']);
    },
  );

  onChannel('where its start is stuck: it is given up, and another begun', start, async ({ channel }) => {
    channel.logIn();
    channel.youtube.knobs.liveAfterMs = Infinity;
    const daemon = await channel.onAir({ broadcast: BROADCAST });
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
});

onChannel(
  'where a broadcast ends again and again: each next one waits longer',
  { tags: 'long', timeout: 300_000 },
  async ({ channel }) => {
    channel.logIn();
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
  },
);
