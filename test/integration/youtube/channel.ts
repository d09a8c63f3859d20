import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthBody } from '../../../src/health/body.ts';
import { writeLogin } from '../../../src/youtube/login/token.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { type FakeYouTube, startFakeYouTube } from '../../fixtures/youtube/fake-youtube.ts';
import { ingestOf } from '../../fixtures/youtube/ingest.ts';
import { openStudio, STREAM_KEY, type Studio } from '../studio.ts';

/** Seconds between two looks: the least there is. Every other wait is a multiple. */
export const POLL_S = 5;

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
  close(): Promise<void>;
}

export const BROADCAST = "{title: 'Rain {n}', made_for_kids: false}";

export async function openChannel(): Promise<ChannelStudio> {
  const studio = await openStudio();
  const youtube = await startFakeYouTube({ keys: [STREAM_KEY, 'another-key'], ingest: ingestOf(studio.sink) });
  const streamId = youtube.world.streams[0]?.id ?? '';
  await studio.upload('red.mp4', { color: 'red', seconds: 30 });
  return {
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
        timeoutMs: 25_000,
      });
      return daemon;
    },
    close: async () => {
      await studio.close();
      await youtube.stop();
    },
  };
}

/** What a condition says now. */
export const conditionOf = (
  { conditions }: HealthBody,
  type: string,
): { readonly status: string; readonly reason: string } | null => {
  const found = conditions.find((condition) => condition.type === type);
  return found === undefined ? null : { status: found.status, reason: found.reason };
};
