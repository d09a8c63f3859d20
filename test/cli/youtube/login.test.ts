import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEY, logIn, makeStage } from './stage.ts';

const tokenIn = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

describe('streamctl youtube login', { timeout: 120_000 }, () => {
  it('shows address and code, keeps what is granted, and says which channel and stream it is', async () => {
    const stage = await makeStage();
    const { code, stdout, stderr } = await logIn(stage);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('https://www.google.com/device');
    expect(stdout).toContain('RAIN-DROP');
    expect(stdout).toContain('Logged in: Rain & Rivers (UCfakechannel0000000000).');
    expect(stdout).toContain('Stream: Stream 2 has our key.');
    expect(statSync(stage.tokenFile).mode & 0o777).toBe(0o600);
    const token = tokenIn(stage.tokenFile);
    expect(Object.keys(token).toSorted()).toEqual(['authorizedAt', 'channelId', 'refreshToken', 'scope']);
    expect(token['channelId']).toBe('UCfakechannel0000000000');
    expect(stdout).not.toContain(String(token['refreshToken']));
    expect(stdout).not.toContain(KEY);
  });

  it('says when the key is that of another channel, and keeps the login', async () => {
    const stage = await makeStage();
    stage.fake.world.streams.pop();
    const { code, stderr } = await logIn(stage);
    expect(code).toBe(0);
    expect(stderr).toContain('no stream of this channel has YOUTUBE_STREAM_KEY');
    expect(existsSync(stage.tokenFile)).toBe(true);
  });

  it('names the trap of an app that is still in Testing', async () => {
    const stage = await makeStage();
    stage.fake.oauth.testing = true;
    const { code, stderr } = await logIn(stage);
    expect(code).toBe(0);
    expect(stderr).toContain('this login ends in 6 d 23 h');
    expect(stderr).toContain('Publish app');
  });

  it('that is denied leaves the one before as it is', async () => {
    const stage = await makeStage();
    await logIn(stage);
    const before = readFileSync(stage.tokenFile, 'utf8');
    stage.fake.oauth.decision = 'denied';
    const { code, stderr } = await stage.youtube(['login']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'streamctl: it was denied; nothing has changed\n' });
    expect(readFileSync(stage.tokenFile, 'utf8')).toBe(before);
    stage.fake.oauth.decision = 'approved';
    await stage.youtube(['login']);
    expect(tokenIn(stage.tokenFile)['refreshToken']).not.toBe(JSON.parse(before).refreshToken);
  });

  it('that nobody grants in time fails', async () => {
    const stage = await makeStage();
    stage.fake.oauth.intervalS = 0.1;
    stage.fake.fault = ({ name }) =>
      name === 'POST /token' ? { kind: 'answer', status: 400, text: '{"error":"expired_token"}' } : undefined;
    const { code, stderr } = await stage.youtube(['login']);
    expect(code).toBe(1);
    expect(stderr).toContain('nobody typed the code in time');
    expect(existsSync(stage.tokenFile)).toBe(false);
  });

  it('is granted though the API is not enabled yet, and tells how to do that', async () => {
    const stage = await makeStage();
    stage.fake.fault = ({ name }) =>
      name.startsWith('GET') ? { kind: 'refuse', status: 403, reason: 'accessNotConfigured' } : undefined;
    const { code, stderr } = await logIn(stage);
    expect(code).toBe(0);
    expect(stderr).toContain('enable "YouTube Data API v3"');
    expect(existsSync(stage.tokenFile)).toBe(true);
  });

  it('needs a client, of the right type', async () => {
    const stage = await makeStage();
    const without = await stage.youtube(['login'], { YOUTUBE_CLIENT_ID: '', YOUTUBE_CLIENT_SECRET: '' });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('docs/youtube.md');
    const half = await stage.youtube(['login'], { YOUTUBE_CLIENT_SECRET: '' });
    expect(half.code).toBe(2);
    expect(half.stderr).toContain('YOUTUBE_CLIENT_SECRET: is not set');
    const other = await stage.youtube(['login'], { YOUTUBE_CLIENT_ID: 'desktop-client' });
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('TVs and Limited Input devices');
  });
});

describe('streamctl youtube logout', { timeout: 120_000 }, () => {
  it('revokes the login and forgets it', async () => {
    const stage = await makeStage();
    await logIn(stage);
    const { code, stdout } = await stage.youtube(['logout']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Logged out: the login is revoked and forgotten.\n' });
    expect(existsSync(stage.tokenFile)).toBe(false);
    expect(stage.fake.oauth.grants).toBe(0);
    expect((await stage.youtube(['logout'])).stdout).toBe('There was no login.\n');
  });

  it('forgets it also where Google cannot be told, and says so', async () => {
    const stage = await makeStage();
    await logIn(stage);
    stage.fake.fault = ({ name }) => (name === 'POST /revoke' ? { kind: 'html', status: 503 } : undefined);
    const { code, stderr } = await stage.youtube(['logout']);
    expect(code).toBe(1);
    expect(stderr).toContain('Google was not told (http503)');
    expect(existsSync(stage.tokenFile)).toBe(false);
  });

  it('is done where the login was revoked already, or is damaged', async () => {
    const stage = await makeStage();
    await logIn(stage);
    stage.fake.oauth.revokeAll();
    expect((await stage.youtube(['logout'])).code).toBe(0);
    mkdirSync(dirname(stage.tokenFile), { recursive: true });
    writeFileSync(stage.tokenFile, 'not JSON');
    expect((await stage.youtube(['logout'])).code).toBe(1);
    expect(existsSync(stage.tokenFile)).toBe(false);
  });
});
