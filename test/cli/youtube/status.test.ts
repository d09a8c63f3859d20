import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import { KEY, logIn, makeStage } from './stage.ts';

describe('streamctl youtube status', { timeout: 120_000 }, () => {
  it('shows what YouTube sees, in the words of /health.youtube', async () => {
    const stage = await makeStage();
    const { fake, youtube } = stage;
    await logIn(stage);
    fake.feed(KEY, true);
    fake.studio.begin({ title: 'On another stream', boundStreamId: 'stream-1', startedAtMs: Date.now() });
    const older = Date.now() - 7_200_000;
    fake.studio.begin({ title: 'Older', boundStreamId: 'stream-2', startedAtMs: older - 1_000 });
    const { id } = fake.studio.begin({ title: 'Rain', boundStreamId: 'stream-2', startedAtMs: older, viewers: 3 });
    const json = await eventually(
      async () => {
        const { code, stdout } = await youtube(['status', '--json']);
        const status = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
        expect(code).toBe(0);
        expect(status['stream']?.['health']).toBe('good');
        return status;
      },
      { timeoutMs: 15_000 },
    );
    expect(json).toEqual({
      checkedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
      api: { state: 'ok', reason: null, until: null },
      channel: { id: 'UCfakechannel0000000000', title: 'Rain & Rivers' },
      stream: { status: 'active', health: 'good', issues: [] },
      broadcast: {
        id,
        url: `https://www.youtube.com/watch?v=${id}`,
        title: 'Rain',
        lifeCycle: 'live',
        privacy: 'public',
        startedAt: new Date(older).toISOString(),
        viewers: 3,
      },
      quota: { used: expect.any(Number), limit: 10_000, resetsAt: expect.stringMatching(/T0[78]:00:00/) },
    });
    const { stdout } = await youtube(['status']);
    expect(stdout).toContain('channel    Rain & Rivers (UCfakechannel0000000000)');
    expect(stdout).toContain('stream     active, health good');
    expect(stdout).toContain('broadcast  live, public, for 2 h 0 min, 3 watching');
    expect(stdout).toMatch(/quota {6}\d+ of 10000 units used, anew in/);
    expect(stdout).not.toContain(KEY);
  });

  it('is null and a failure without a login, and asks nobody', async () => {
    const { youtube, fake, tokenFile } = await makeStage();
    const json = await youtube(['status', '--json']);
    expect({ code: json.code, stdout: json.stdout }).toEqual({ code: 1, stdout: 'null\n' });
    expect(json.stderr).toContain('streamctl youtube login');
    rmSync(tokenFile, { force: true });
    expect((await youtube(['status'])).code).toBe(1);
    expect(fake.requests).toEqual([]);
  });

  it.each([
    ['unauthorized', 403, 'insufficientPermissions', 'unauthorized'],
    ['refused', 403, 'liveStreamingNotEnabled', 'refused'],
    ['quota', 403, 'quotaExceeded', 'quota'],
    ['backoff', 503, 'backendError', 'backoff'],
  ] as const)('says %s in its word', async (_name, status, reason, state) => {
    const stage = await makeStage();
    await logIn(stage);
    stage.fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'refuse', status, reason } : undefined);
    const { code, stdout } = await stage.youtube(['status', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ api: { state, reason }, channel: null, stream: null, broadcast: null });
    expect((await stage.youtube(['status'])).stdout).toContain('not known');
  });
});
