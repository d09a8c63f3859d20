import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withRoom } from '../fixtures/room.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { entryPath, streamctl } from '../cli/streamctl.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { currentSession, firstPicture, onAirWith, openStudio, videoAdvances } from './studio.ts';

let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace();
  writeFileSync(join(workspace.dir, 'desired.yaml'), 'running: true\nmedia: a.mp4\nbitrate: 3000k\n');
});
afterEach(() => workspace.cleanup());

/** A network of its own, in which whatever is sent to the store and to the ingest is lost without an answer. */
const namespace = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
const BLACK_HOLE = `set -e
ip link set lo up
ip addr add 10.99.0.1/32 dev lo
nft add table inet hole
nft 'add chain inet hole in { type filter hook input priority 0 ; }'
nft add rule inet hole in ip daddr 10.99.0.1 drop
`;

const able = (await runTool('unshare', [...namespace, 'sh', '-c', BLACK_HOLE]).catch(() => null))?.code === 0;

test.skipIf(!able)('doctor ends by itself where store and ingest are black holes', async () => {
  const script = `${BLACK_HOLE}exec "$@"`;
  const env = {
    STREAM_CONFIG_DIR: workspace.dir,
    STORAGE_ENDPOINT: 'https://10.99.0.1',
    STORAGE_BUCKET: 'media',
    STORAGE_ACCESS_KEY_ID: 'abcdefgh',
    STORAGE_SECRET_ACCESS_KEY: 'stuvwxyz',
    YOUTUBE_RTMP_URL: 'rtmps://10.99.0.1/live2',
    YOUTUBE_STREAM_KEY: 'abcd-efgh-ijkl',
  };
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const startedMs = performance.now();
  const { code, stdout } = await runTool(
    'unshare',
    [...namespace, 'sh', '-c', script, 'sh', 'env', ...set, process.execPath, entryPath, 'doctor', '--json'],
    { timeoutMs: 60_000 },
  );
  const tookMs = performance.now() - startedMs;
  const { findings } = JSON.parse(stdout.toString()) as { readonly findings: readonly Finding[] };
  const failed = findings.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check);
  expect({ code, failed }).toEqual({ code: 1, failed: ['storage', 'ingest-tcp'] });
  expect(tookMs).toBeLessThan(withRoom(10_000));
});

test('doctor sees that a running uplink keeps up, and disturbs nothing', async () => {
  const studio = await openStudio();
  try {
    await studio.upload('red.mp4', { color: 'red', seconds: 30 });
    studio.wish({ media: 'red.mp4' });
    const daemon = await studio.start();
    await firstPicture(studio.sink);
    await onAirWith(daemon, 'red.mp4');
    const session = currentSession(studio.sink);
    const env = { ...studio.env, STREAM_CONFIG_DIR: studio.configDir, STREAM_CONTROLLER_PORT: String(daemon.port) };
    const { code, stdout } = await streamctl(['doctor', '--json'], { env });
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
    const of = (name: string): readonly Finding[] => findings.filter(({ check }) => check === name);
    expect(code, stdout).toBe(0);
    // On loopback it may be too short to be counted for how long something was under way.
    const message = expect.stringMatching(/^the running uplink keeps up with 928 kbit\/s(; the line .* Mbit\/s.*)?$/);
    expect(of('upstream')).toMatchObject([{ verdict: 'ok', message }]);
    expect(of('limits')).toMatchObject([{ verdict: 'ok', message: expect.stringMatching(/^the daemon: /) }]);
    expect(of('daemon')).toMatchObject([{ verdict: 'ok', message: expect.stringContaining('live OnAir') }]);
    expect(of('broadcast')).toMatchObject([{ verdict: 'ok' }]);
    await videoAdvances(session, 2_000);
    expect(studio.sink.sessions).toHaveLength(1);
    expect(session.closedAtMs).toBeNull();
  } finally {
    await studio.close();
  }
});
