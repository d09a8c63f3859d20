import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstBody, type HealthBody } from '../../../src/health/body.ts';
import { type HealthServer, serveHealth } from '../../../src/health/server.ts';
import { stateIdOf } from '../../../src/state/files.ts';
import { called, entryPath, type Outcome, streamctl } from '../streamctl.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { freePort, killMarked, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { liveReport } from '../../health/sample-body.ts';

let workspace: Workspace;
let port: number;
let env: Record<string, string>;
let health: HealthServer | null;
let stateId: string;

beforeEach(async () => {
  workspace = makeWorkspace();
  port = await freePort();
  env = { STREAM_CONFIG_DIR: workspace.dir, STREAM_CONTROLLER_PORT: String(port) };
  health = null;
  mkdirSync(join(workspace.dir, 'state'));
  stateId = stateIdOf(realpathSync(join(workspace.dir, 'state')));
});
afterEach(async () => {
  await health?.close();
  await killMarked(`STREAM_CONTROLLER_RUN=${stateId}`);
  await workspace.cleanup();
});

function serve(report: () => HealthBody, host = '127.0.0.1'): void {
  health = serveHealth(host, port, report, () => undefined);
}
const status = (...options: string[]): Promise<Outcome> => called(['status', ...options], { env });

/** A session of our own marking: its leader stands for FFmpeg, the other for the gate that holds the lock. */
function startRun(role: 'uplink' | 'playout', record: object | null): number {
  const lock = join(workspace.dir, 'state/program.lock');
  const script = role === 'uplink' ? 'exec sleep 60' : 'flock --no-fork "$0" sleep 60 & exec sleep 60';
  const child = spawn('sh', ['-c', script, lock], {
    detached: true,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'] ?? '',
      STREAM_CONTROLLER_RUN: `${stateId}:${role}:abc:run-${role}`,
      ...(record === null ? {} : { STREAM_CONTROLLER_RECORD: JSON.stringify(record) }),
    },
  });
  child.unref();
  return child.pid ?? 0;
}

describe('streamctl status', () => {
  it.each([
    ['live', 0],
    ['degraded', 0],
    ['stopped', 0],
    ['starting', 1],
    ['stopping', 1],
    ['down', 1],
  ] as const)('exits for %s with %d', async (word, code) => {
    serve(() => liveReport({ status: word }));
    const outcome = await status();
    expect(outcome).toMatchObject({ code, stderr: '' });
    expect(outcome.stdout).toMatch(new RegExp(`^${word}  OnAir  for `));
    expect(outcome.stdout).not.toContain('\u001b');
  });

  it('hands the report to programs as it is', async () => {
    serve(() => liveReport());
    expect(JSON.parse((await streamctl(['status', '--json'], { env })).stdout)).toEqual(liveReport());
  });

  it('finds host and port in .env, and asks on loopback where the daemon listens everywhere', async () => {
    serve(() => liveReport(), '0.0.0.0');
    writeFileSync(
      join(workspace.dir, '.env'),
      `STREAM_CONTROLLER_HOST=0.0.0.0\nSTREAM_CONTROLLER_PORT=${String(port)}\n`,
    );
    env = { STREAM_CONFIG_DIR: workspace.dir };
    expect(await status()).toMatchObject({ code: 0 });
  });

  it('counts the time on air today by the history', async () => {
    serve(() => liveReport());
    const at = new Date(Date.now() - 1_000).toISOString();
    writeFileSync(
      join(workspace.dir, 'state/history.jsonl'),
      `{"at":"${at}","event":"on-air","reason":"OnAir","item":"a"}\n`,
    );
    expect((await status()).stdout).toMatch(/on air {4}[\d a-z]+ today, 2 h 5 min this session/);
  });

  it('says that a daemon which has not looked yet is starting', async () => {
    serve(() => firstBody('1.2.3', Date.UTC(2026, 0, 1)));
    expect(await status()).toMatchObject({ code: 1, stdout: expect.stringContaining('the first look is under way') });
  });

  it('does not take another program for the daemon', async () => {
    const other = createServer((_request, response) => response.end('<html>hello</html>'));
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    try {
      const { code, stdout } = await status();
      expect(code).toBe(1);
      expect(stdout).toContain(`something else than our daemon answers on 127.0.0.1:${String(port)}`);
    } finally {
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('refuses a port that is none, exit 2', async () => {
    env = { ...env, STREAM_CONTROLLER_PORT: '99999' };
    expect(await status()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^streamctl: STREAM_CONTROLLER_PORT/),
    });
  });
});

describe('streamctl status without a daemon', () => {
  it('says that nothing runs, and what the daemon said last', async () => {
    const lastHealthCheck = new Date(Date.now() - 7_200_000).toISOString();
    const state = { status: 'live', reason: 'OnAir', lastHealthCheck };
    writeFileSync(join(workspace.dir, 'state/stream_state.json'), JSON.stringify(state));
    expect(await status()).toEqual({
      code: 1,
      stderr: '',
      stdout: `no daemon answers on 127.0.0.1:${String(port)} (connection refused)
nothing of the stream runs
the daemon's last word, 2 h 0 min ago: live OnAir
`,
    });
  });

  it('says that the stream plays on, and by which processes', async () => {
    const uplink = startRun('uplink', null);
    const playout = startRun('playout', { kind: 'item', key: 'loops/rain.mp4' });
    await eventually(async () => {
      expect((await status()).stdout).toContain(
        `the stream plays on without the daemon: uplink pid ${String(uplink)}, playout pid ${String(playout)} (loops/rain.mp4)`,
      );
    });
    const { code, stdout } = await status('--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'unknown',
      reason: 'DaemonSilent',
      uplink: { pid: uplink, frozen: false },
      playout: { pid: playout, item: 'loops/rain.mp4' },
    });
  });

  it('does not take a process that is not ours, or a stale PID file, for the stream', async () => {
    writeFileSync(join(workspace.dir, 'state/uplink.pid'), `${String(process.pid)}\n`);
    expect((await status()).stdout).toContain('nothing of the stream runs');
  });
});

describe('streamctl status --watch', () => {
  it('tells each change once with its time, and ends well on Ctrl-C', async () => {
    let report = liveReport();
    serve(() => report);
    const child = spawn(process.execPath, [entryPath, 'status', '--watch'], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    const lines = (): string[] => stdout.trimEnd().split('\n');
    try {
      await eventually(() => expect(stdout).toContain('live OnAir'), { timeoutMs: 8_000 });
      report = liveReport({ status: 'degraded', reason: 'SlateShowing', message: 'the slate is on air' });
      await eventually(() => expect(lines()).toHaveLength(2), { timeoutMs: 8_000 });
      expect(lines()[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ degraded SlateShowing: the slate is on air/);
      await health?.close();
      health = null;
      await eventually(() => expect(lines()[2]).toContain('nothing of the stream runs'), { timeoutMs: 8_000 });
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });
});
