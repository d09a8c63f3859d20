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

  it.each([
    ['names its directory (up to 253)', { CREDENTIALS_DIRECTORY: '/run/credentials/x.service' }],
    ['does not even name its directory (from 254)', {}],
  ])('does not miss a credential where systemd hides it from what it runs at a reload, and %s', async (_, env) => {
    const check = (file: string): ReturnType<typeof streamctl> =>
      streamctl(['run', '--check'], { env: { ...env, YOUTUBE_STREAM_KEY_FILE: file } });
    expect((await check('/run/credentials/x.service/key')).code).toBe(0);
    expect(await check('/nowhere/key')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('YOUTUBE_STREAM_KEY_FILE') as string,
    });
  });
});
