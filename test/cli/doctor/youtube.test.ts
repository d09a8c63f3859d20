import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkYouTube } from '../../../src/cli/doctor/checks/youtube.ts';
import { takeSituation } from '../../../src/cli/doctor/situation.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { KEY, logIn, makeStage, type Stage } from '../youtube/stage.ts';

const BROADCAST = 'broadcast: {title: Rain, made_for_kids: false}';

async function findings(stage: Stage, more: Readonly<Record<string, string>> = {}, lines: readonly string[] = []) {
  const dir = stage.env['STREAM_CONFIG_DIR'] ?? '';
  writeFileSync(
    join(dir, 'desired.yaml'),
    ['running: true', 'media: a.mp4', 'bitrate: 3000k', ...lines].map((line) => `${line}\n`).join(''),
  );
  const situation = takeSituation({ ...stage.env, ...more }, '/');
  return checkYouTube(situation);
}

const short = (all: Awaited<ReturnType<typeof findings>>): string[] =>
  all.map(({ check, verdict, message }) => `${check} ${verdict}: ${message}`);

describe("doctor, of YouTube's side", () => {
  it('is silent where nobody wants it, and asks nobody', async () => {
    const stage = await makeStage();
    const without = { YOUTUBE_CLIENT_ID: '', YOUTUBE_CLIENT_SECRET: '' };
    expect(await findings(stage, without)).toEqual([]);
    expect(short(await findings(stage, without, [BROADCAST]))).toEqual([
      'youtube-login warning: desired.yaml describes a broadcast, but no OAuth client is set',
    ]);
    expect(short(await findings(stage, {}, [BROADCAST]))).toEqual([
      'youtube-login warning: desired.yaml describes a broadcast, but nobody has logged in',
    ]);
    expect(stage.fake.requests).toEqual([]);
  });

  it('finds nothing amiss where all is well', async () => {
    const stage = await makeStage();
    await logIn(stage);
    stage.fake.feed(KEY, true);
    stage.fake.studio.begin({ boundStreamId: 'stream-2', title: 'Rain' });
    await eventually(() => expect(stage.fake.streamStatus(KEY)).toBe('active'));
    const all = await findings(stage);
    expect(all.every(({ verdict }) => verdict === 'ok')).toBe(true);
    expect(all.map(({ check }) => check)).toEqual([
      'youtube-login',
      'youtube-quota',
      'youtube-stream',
      'youtube-broadcast',
    ]);
    expect(JSON.stringify(all)).not.toContain(KEY);
  });

  it('names what YouTube complains of, and every trap of Studio', async () => {
    const stage = await makeStage();
    await logIn(stage);
    const { fake, tokenFile } = stage;
    fake.knobs.healthLagMs = 0;
    const [, stream] = fake.world.streams;
    stream!.resolution = '1080p';
    stream!.issues.push({ type: 'videoIngestionStarved', severity: 'error', reason: 'x', description: 'x' });
    stream!.issues.push({ type: 'bitrateHigh', severity: 'info', reason: 'x', description: 'x' });
    fake.feed(KEY, true);
    const startedAtMs = Date.now() - 11.5 * 3_600_000;
    fake.studio.begin({ boundStreamId: 'stream-2', title: 'Rain', enableAutoStop: true, startedAtMs });
    await eventually(() => expect(fake.streamStatus(KEY)).toBe('active'));
    chmodSync(tokenFile, 0o640);
    expect(short(await findings(stage))).toEqual([
      'youtube-login failed: others may read the login (mode 640)',
      'youtube-login ok: channel Rain & Rivers',
      expect.stringMatching(/^youtube-quota ok: \d+ of 10000 units used today$/),
      'youtube-stream warning: YouTube complains of videoIngestionStarved',
      'youtube-stream warning: its resolution or frame rate is fixed: issues may be none',
      'youtube-broadcast warning: Rain is live for 11 h 30 min',
      'youtube-broadcast warning: auto-stop would end Rain at a break',
    ]);
  });

  it('fails for a login that is of no use, and for a key of another channel, but not for a YouTube that is down', async () => {
    const stage = await makeStage();
    await logIn(stage);
    const { fake } = stage;
    expect(short(await findings(stage, { YOUTUBE_STREAM_KEY: 'another-key' }))).toContain(
      'youtube-stream failed: no stream of the channel has YOUTUBE_STREAM_KEY',
    );
    fake.fault = () => ({ kind: 'html', status: 503 });
    expect((await findings(stage)).map(({ verdict }) => verdict)).toEqual(['unknown']);
    fake.fault = undefined;
    fake.oauth.revokeAll();
    const [revoked] = await findings(stage);
    expect(revoked).toMatchObject({ verdict: 'failed', message: expect.stringContaining('streamctl youtube login') });
  });
});
