import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connectYouTube, type YouTubeConnection } from '../../src/youtube/connect.ts';
import { writeLogin } from '../../src/youtube/login/token.ts';
import type { YouTubeFailure } from '../../src/reconcile/model/youtube/youtube.ts';
import type { YouTubeResult } from '../../src/youtube/port.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';
import { startFakeYouTube, type FakeYouTube } from '../fixtures/youtube/fake-youtube.ts';
import { REAL_KNOBS } from '../fixtures/youtube/world.ts';

export const KEY = 'abcd-efgh-ijkl-mnop-qrst';
export const STREAM = 'stream-1';

export interface Connected extends YouTubeConnection {
  readonly fake: FakeYouTube;
  readonly tokenFile: string;
  readonly quotaFile: string;
  /** Moves the clock of both sides. */
  pass(ms: number): void;
  nowMs(): number;
  /** Another client on the same files, as after a restart. */
  again(): YouTubeConnection;
}

/** A client that is logged in at a fake whose clock stands still unless it is moved. */
export async function connected({
  keys = [KEY],
  timeoutMs = 5_000,
}: { readonly keys?: readonly string[]; readonly timeoutMs?: number } = {}): Promise<Connected> {
  const workspace = makeWorkspace();
  onTestFinished(() => workspace.cleanup());
  let atMs = Date.parse('2026-11-26T10:00:00Z');
  const nowMs = (): number => atMs;
  const fake = await startFakeYouTube({ keys, knobs: REAL_KNOBS, nowMs });
  onTestFinished(() => fake.stop());
  const tokenFile = join(workspace.dir, 'youtube-token.json');
  const quotaFile = join(workspace.dir, 'youtube-quota.json');
  logIn(tokenFile, fake.oauth.grant());
  const settings = {
    clientId: fake.oauth.clientId,
    clientSecret: fake.oauth.clientSecret,
    pollIntervalMs: 60_000,
    apiUrl: fake.url,
    oauthUrl: fake.url,
    analyticsUrl: fake.url,
  };
  const again = (): YouTubeConnection =>
    connectYouTube(settings, { stateDir: workspace.dir, caFile: null, nowMs, monoMs: nowMs, timeoutMs });
  return {
    ...again(),
    fake,
    tokenFile,
    quotaFile,
    pass: (ms) => {
      atMs += ms;
    },
    nowMs,
    again,
  };
}

export function logIn(tokenFile: string, refreshToken: string): void {
  const scope = 'https://www.googleapis.com/auth/youtube';
  writeLogin(tokenFile, { refreshToken, scope, channelId: null, authorizedAt: '2026-11-26T10:00:00Z' });
}

export function valueOf<T>(result: YouTubeResult<T>): T {
  if (result.kind === 'failed') throw new Error(`${result.failure.kind}: ${result.failure.message}`);
  return result.value;
}

export function failureIn(result: YouTubeResult<unknown>): YouTubeFailure {
  if (result.kind === 'ok') throw new Error('it succeeded');
  return result.failure;
}

/** A broadcast as one would wish it. */
export const rain = (nowMs: number, title = 'Rain') => ({
  title,
  description: 'Rain, day and night',
  scheduledAtMs: nowMs,
  privacy: 'public' as const,
  madeForKids: false,
  latency: 'normal' as const,
});
