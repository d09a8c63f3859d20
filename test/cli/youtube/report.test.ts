import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logIn, makeStage, type Stage } from './stage.ts';

function withHistory({ tokenFile }: Stage): void {
  const at = new Date(Date.now() - 30 * 3_600_000).toISOString();
  mkdirSync(dirname(tokenFile), { recursive: true });
  writeFileSync(
    join(dirname(tokenFile), 'history.jsonl'),
    `${JSON.stringify({ at, event: 'on-air', reason: 'OnAir', item: null })}\n`,
  );
}

describe('streamctl report', () => {
  it('tells of the hours that YouTube can count, where there is a login', async () => {
    const stage = await makeStage();
    withHistory(stage);
    await logIn(stage);
    const endedAtMs = Date.now() - 3_600_000;
    const startedAtMs = endedAtMs - 8 * 3_600_000;
    const { id } = stage.fake.studio.begin({
      title: 'Rain',
      boundStreamId: 'stream-2',
      lifeCycle: 'complete',
      startedAtMs,
      endedAtMs,
    });
    const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    stage.fake.world.watched.push({ day, content: 'LIVE_STREAM', minutes: 600, videoId: id });
    const { code, stdout } = await stage.streamctl(['report']);
    expect(code).toBe(0);
    expect(stdout).toContain('YouTube     counts at most 10 h in 365 d');
    expect(stdout).toContain('10 h in 1 broadcast whose video is public and whole');
    const json = JSON.parse((await stage.streamctl(['report', '--json'])).stdout) as Record<string, unknown>;
    expect(json['youtube']).toMatchObject({ atMostMinutes: 600, archives: [{ id, state: 'whole', why: null }] });
  });

  it('asks nobody without a login, and goes on where YouTube does not answer', async () => {
    const stage = await makeStage();
    withHistory(stage);
    expect((await stage.streamctl(['report'])).stdout).not.toContain('YouTube  ');
    expect(JSON.parse((await stage.streamctl(['report', '--json'])).stdout)).toMatchObject({ youtube: null });
    expect(stage.fake.requests).toEqual([]);
    await logIn(stage);
    stage.fake.fault = () => ({ kind: 'html', status: 502 });
    const { code, stdout } = await stage.streamctl(['report']);
    expect(code).toBe(0);
    expect(stdout).toContain('YouTube     not known: YouTube does not answer as it should (http502)');
  });
});
