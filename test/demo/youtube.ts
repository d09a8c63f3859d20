import { join } from 'node:path';
import { STATE_FILES } from '../../src/state/files.ts';
import { duration } from '../../src/text/units.ts';
import { SCOPE } from '../../src/youtube/login/oauth.ts';
import { writeLogin } from '../../src/youtube/login/token.ts';
import { startFakeYouTube } from '../fixtures/youtube/fake-youtube.ts';
import { FAST_KNOBS } from '../fixtures/youtube/world.ts';
import { DEMO_STREAM_KEY } from './environment.ts';

/** YouTube's API on this machine, with a login, and a broadcast that has been live for almost as long as one may be. */
export interface DemoYouTube {
  readonly env: Readonly<Record<string, string>>;
  /** What the ingest receives is told to it, at every look. */
  follow(isPublishing: boolean): void;
  /** The broadcasts that are live, in one line. */
  summary(): string;
  /** As somebody in Studio does it. */
  endBroadcasts(): void;
  stop(): Promise<void>;
}

/** The next look is never far. */
const POLL_S = 5;
/** Old enough to be followed by another as soon as the file describes one. */
const AGE_MS = (11 * 60 + 12) * 60_000;

export async function startDemoYouTube(stateDir: string): Promise<DemoYouTube> {
  const fake = await startFakeYouTube({ keys: [DEMO_STREAM_KEY], knobs: FAST_KNOBS });
  const nowMs = Date.now();
  writeLogin(join(stateDir, STATE_FILES.youtubeToken), {
    refreshToken: fake.oauth.grant(),
    scope: SCOPE,
    channelId: fake.world.channel.id,
    authorizedAt: new Date(nowMs).toISOString(),
  });
  fake.studio.begin({ title: 'Begun in Studio', startedAtMs: nowMs - AGE_MS, viewers: 3 });
  let wasPublishing = false;
  return {
    env: { ...fake.env, YOUTUBE_POLL_INTERVAL: String(POLL_S) },
    follow: (isPublishing) => {
      if (isPublishing !== wasPublishing) fake.feed(DEMO_STREAM_KEY, isPublishing);
      wasPublishing = isPublishing;
    },
    summary: () => {
      const live = fake.broadcasts().filter(({ lifeCycle }) => lifeCycle === 'live');
      const texts = live.map(({ title, startedAtMs }) => `"${title}" for ${duration(Date.now() - (startedAtMs ?? 0))}`);
      return live.length === 0 ? 'nothing is live' : `live: ${texts.join(', and ')}`;
    },
    endBroadcasts: () => {
      for (const { id, lifeCycle } of fake.broadcasts()) if (lifeCycle === 'live') fake.studio.end(id);
    },
    stop: () => fake.stop(),
  };
}
