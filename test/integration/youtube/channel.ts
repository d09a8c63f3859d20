import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import type { HealthBody } from '../../../src/health/body.ts';
import { writeLogin } from '../../../src/youtube/login/token.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import type { Turns } from '../../fixtures/in-turn.ts';
import { ownScene } from '../../fixtures/own-scene.ts';
import { type FakeYouTube, startFakeYouTube } from '../../fixtures/youtube/fake-youtube.ts';
import { ingestOf } from '../../fixtures/youtube/ingest.ts';
import { openStudio, STREAM_KEY, type Studio } from '../studio.ts';

/** Seconds between two looks: the least there is. Every other wait is a multiple. */
export const POLL_S = 5;

/** What is awaited comes within a few looks; a busy machine takes its time. */
export const PATIENCE_MS = 120_000;

/** An age at which a broadcast is renewed at once. */
const OLD_MS = 11.24 * 3_600_000;

/** A studio whose ingest is a channel's on a YouTube of our own. */
export interface ChannelStudio {
  readonly studio: Studio;
  readonly youtube: FakeYouTube;
  /** The id of the stream with our key. */
  readonly streamId: string;
  /** As `streamctl youtube login` leaves it. */
  logIn(): void;
  /** On air with one item; `lines` go into desired.yaml. */
  onAir(lines?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** The broadcasts that are live on our stream. */
  live(): readonly string[];
  /** Exactly one is live, and it is none of these. */
  oneIsLive(...others: readonly string[]): Promise<string>;
  /** On air, and a broadcast of ours is live and known to the daemon. */
  begun(): Promise<Begun>;
  /** To be renewed at once. */
  makeOld(id: string): void;
  /** How many creations YouTube was asked for. */
  inserts(): number;
  close(): Promise<void>;
}

interface Begun {
  readonly daemon: Daemon;
  readonly id: string;
}

/** A channel whose daemon has a broadcast live. */
export interface ChannelOnAir {
  readonly channel: ChannelStudio;
  /** The one that runs: whoever starts another puts it here. */
  daemon: Daemon;
  /** The broadcast that was live when this test began. */
  id: string;
}

/** For `inTurn`: every test begins with one broadcast live and known to the daemon, and YouTube without a fault. */
export const ON_AIR: Turns<ChannelOnAir> = {
  open: async () => {
    const channel = await openChannel();
    channel.logIn();
    try {
      return { channel, ...(await channel.begun()) };
    } catch (error) {
      await channel.close();
      throw error;
    }
  },
  settle: async (scene) => {
    scene.channel.youtube.fault = undefined;
    scene.id = await scene.channel.oneIsLive();
    await seenLive(scene.daemon, scene.id);
  },
  close: ({ channel }) => channel.close(),
};

/** A test with a channel of its own, without a login, and nothing on air. */
export const onChannel = test.extend<{ channel: ChannelStudio }>({ channel: ownScene(openChannel) });

export const BROADCAST = "{title: 'Rain {n}', made_for_kids: false}";

export async function openChannel(): Promise<ChannelStudio> {
  const studio = await openStudio({ known: 'ffmpeg and media' });
  const youtube = await startFakeYouTube({ keys: [STREAM_KEY, 'another-key'], ingest: ingestOf(studio.sink) });
  const streamId = youtube.world.streams[0]?.id ?? '';
  await studio.upload('red.mp4', { color: 'red', seconds: 30 });
  const live = (): readonly string[] => youtube.liveOn(streamId);
  const oneIsLive = (...others: readonly string[]): Promise<string> =>
    eventually(
      () => {
        const [id, ...more] = live();
        if (id === undefined || more.length > 0 || others.includes(id)) throw new Error(`live: ${live().join(', ')}`);
        return id;
      },
      { what: 'another broadcast, alone', timeoutMs: PATIENCE_MS },
    );
  const channel: ChannelStudio = {
    studio,
    youtube,
    streamId,
    logIn: () => {
      mkdirSync(studio.stateDir, { recursive: true, mode: 0o700 });
      writeLogin(join(studio.stateDir, 'youtube-token.json'), {
        refreshToken: youtube.oauth.grant(),
        scope: 'https://www.googleapis.com/auth/youtube',
        channelId: youtube.world.channel.id,
        authorizedAt: new Date().toISOString(),
      });
    },
    onAir: async (lines = {}) => {
      studio.wish({ media: 'red.mp4', ...lines });
      const daemon = await studio.start({ ...youtube.env, YOUTUBE_POLL_INTERVAL: String(POLL_S) });
      await healthEventually(daemon, ({ uplink }) => uplink !== null && uplink.unackedMs !== null, {
        what: 'an uplink that sends',
        timeoutMs: PATIENCE_MS,
      });
      return daemon;
    },
    live,
    oneIsLive,
    begun: async () => {
      const daemon = await channel.onAir({ broadcast: BROADCAST });
      const id = await oneIsLive();
      await seenLive(daemon, id);
      return { daemon, id };
    },
    makeOld: (id) => youtube.studio.set(id, { startedAtMs: Date.now() - OLD_MS }),
    inserts: () => youtube.requests.filter(({ name }) => name === 'POST /youtube/v3/liveBroadcasts').length,
    close: async () => {
      await studio.close();
      await youtube.stop();
    },
  };
  return channel;
}

/** The daemon knows that this broadcast is live. */
export const seenLive = (daemon: Daemon, id: string): Promise<HealthBody> =>
  healthEventually(daemon, ({ youtube }) => youtube?.broadcast?.id === id && youtube.broadcast.lifeCycle === 'live', {
    what: 'the broadcast to be seen',
    timeoutMs: PATIENCE_MS,
  });

/** What a condition says now. */
export const conditionOf = (
  { conditions }: HealthBody,
  type: string,
): { readonly status: string; readonly reason: string } | null => {
  const found = conditions.find((condition) => condition.type === type);
  return found === undefined ? null : { status: found.status, reason: found.reason };
};
