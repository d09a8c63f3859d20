import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeWorkspace } from '../../fixtures/workspace.ts';
import { startFakeYouTube, type FakeYouTube } from '../../fixtures/youtube/fake-youtube.ts';
import { called, type Outcome } from '../streamctl.ts';

export const KEY = 'abcd-efgh-ijkl-mnop-qrst';

export interface Stage {
  readonly fake: FakeYouTube;
  readonly tokenFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `streamctl youtube …` against the fake, in this process. */
  youtube(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Any other command. */
  streamctl(args: readonly string[]): Promise<Outcome>;
}

export async function makeStage(): Promise<Stage> {
  const workspace = makeWorkspace();
  onTestFinished(() => workspace.cleanup());
  const fake = await startFakeYouTube({ keys: ['other', KEY] });
  onTestFinished(() => fake.stop());
  const env = { ...fake.env, STREAM_CONFIG_DIR: workspace.dir, YOUTUBE_STREAM_KEY: KEY };
  return {
    fake,
    tokenFile: join(workspace.dir, 'state', 'youtube-token.json'),
    env,
    streamctl: (args) => called(args, { env }),
    youtube: (args, more = {}) => called(['youtube', ...args], { env: { ...env, ...more } }),
  };
}

/** A login that somebody grants at once. */
export async function logIn({ fake, youtube }: Stage): Promise<Outcome> {
  fake.oauth.decision = 'approved';
  fake.oauth.intervalS = 0.1;
  return youtube(['login']);
}
