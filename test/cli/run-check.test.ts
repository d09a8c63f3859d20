import { describe, expect, it } from 'vitest';
import { streamctl } from './streamctl.ts';

describe('streamctl run --check', () => {
  it('takes a whole environment, starts nothing and says nothing', async () => {
    expect(await streamctl(['run', '--check'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('refuses what the daemon would refuse, in the same words', async () => {
    const outcome = await streamctl(['run', '--check'], { env: { STREAM_CONTROLLER_PORT: 'x' } });
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toBe('streamctl: STREAM_CONTROLLER_PORT: found "x"; accepted: a port from 1 to 65535\n');
  });

  it('does not miss credentials of a service, which systemd does not show to what it runs at a reload', async () => {
    const env = { CREDENTIALS_DIRECTORY: '/run/credentials/x.service', YOUTUBE_STREAM_KEY_FILE: '' };
    const own = await streamctl(['run', '--check'], {
      env: { ...env, YOUTUBE_STREAM_KEY_FILE: '/run/credentials/x.service/key' },
    });
    expect(own.code).toBe(0);
    const other = await streamctl(['run', '--check'], { env: { ...env, YOUTUBE_STREAM_KEY_FILE: '/nowhere/key' } });
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('YOUTUBE_STREAM_KEY_FILE') as string });
  });
});
