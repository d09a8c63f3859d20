import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { type NginxRtmp, type NginxRtmpOptions, startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { decodeErrors, packetTimes } from '../fixtures/picture.ts';
import { isAlive, makeWorkspace, processEntry, signalPid, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
let nginx: NginxRtmp | undefined;
const publishers: ChildProcess[] = [];

beforeEach(() => {
  workspace = makeWorkspace();
});

afterEach(async () => {
  for (const child of publishers.splice(0)) child.kill('SIGKILL');
  await nginx?.stop();
  nginx = undefined;
  await workspace.cleanup();
});

async function start(options: Omit<NginxRtmpOptions, 'dir'> = {}): Promise<NginxRtmp> {
  nginx = await startNginxRtmp({ dir: workspace.dir, ...options });
  return nginx;
}

interface Publishing {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

async function publish(url: string, seconds: number, more: readonly string[] = []): Promise<Publishing> {
  const file = await makeMedia({ name: 'proof', seconds });
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-re',
    '-i',
    file,
    '-c',
    'copy',
    '-f',
    'flv',
    '-flvflags',
    'no_duration_filesize',
    ...more,
    url,
  ];
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 40_000, killSignal: 'SIGKILL' });
  publishers.push(child);
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, stderr })),
  );
  return { child, ended };
}

describe('nginx as ingest', () => {
  test('shows a running publisher in stat and sessions, then logs and records it', async () => {
    const server = await start({ record: true });
    const publishing = await publish(`${server.url}/key-1`, 3);
    await eventually(async () => {
      const stat = await server.stat();
      expect(stat.publishers).toBe(1);
      expect(stat.streams[0]).toMatchObject({ name: 'key-1', publishing: true, width: 1280, height: 720 });
      expect(stat.streams[0]?.bytesIn).toBeGreaterThan(10_000);
    });
    expect(await server.sessions()).toMatchObject([{ name: 'key-1', endedAtMs: null }]);
    expect(await publishing.ended).toEqual({ code: 0, stderr: '' });
    await eventually(async () =>
      expect(await server.sessions()).toMatchObject([{ name: 'key-1', endedAtMs: expect.any(Number) }]),
    );
    const [session] = await server.sessions();
    expect(session?.bytesReceived).toBeGreaterThan(20_000);
    expect(Math.abs((session?.startedAtMs ?? 0) + 3000 - Date.now())).toBeLessThan(20_000);
    const [recording] = server.recordings();
    expect(await decodeErrors(recording ?? '')).toEqual([]);
    expect(await packetTimes(recording ?? '', 'v')).toHaveLength(90);
  });

  test('refuses a second publisher of the same name', async () => {
    const server = await start();
    await publish(`${server.url}/same`, 20);
    await eventually(async () => expect((await server.stat()).publishers).toBe(1));
    const second = await publish(`${server.url}/same`, 20);
    expect((await second.ended).code).not.toBe(0);
    expect((await server.stat()).publishers).toBe(1);
  });

  test('a frozen worker holds the connection without reading, and thaws', async () => {
    const server = await start();
    const [worker] = server.workerPids();
    server.freeze();
    await eventually(() => expect(processEntry(worker ?? 0)?.state).toBe('T'));
    await expect(server.stat()).rejects.toThrow('timeout');
    server.thaw();
    await eventually(async () => expect((await server.stat()).publishers).toBe(0));
  });

  test('stops, also while frozen, is killed, and restarts on the same ports', async () => {
    const server = await start();
    const first = server.pid ?? 0;
    server.freeze();
    await server.restart();
    expect(isAlive(first)).toBe(false);
    expect((await server.stat()).publishers).toBe(0);
    const all = [server.pid ?? 0, ...server.workerPids()];
    expect(all).toHaveLength(2);
    await server.killNow();
    await eventually(() => expect(all.filter(isAlive)).toEqual([]));
    await expect(server.stat()).rejects.toThrow('fetch failed');
    await server.restart();
    expect((await server.stat()).publishers).toBe(0);
  });

  test('takes RTMPS from a client that verifies its certificate, and is refused by one that trusts others', async () => {
    const server = await start({ rtmpsPort: true });
    const trusting = ['-tls_verify', '1', '-ca_file', server.caFile ?? ''];
    const publishing = await publish(`${server.rtmpsUrl}/secure`, 3, trusting);
    await eventually(async () => expect((await server.stat()).publishers).toBe(1));
    expect((await publishing.ended).code).toBe(0);
    const distrusting = await publish(`${server.rtmpsUrl}/secure`, 3, [
      '-tls_verify',
      '1',
      '-ca_file',
      '/etc/ssl/certs/ca-certificates.crt',
    ]);
    expect((await distrusting.ended).code).not.toBe(0);
  });

  test('a port that is taken is an error, not a success with another server', async () => {
    const server = await start();
    const other = makeWorkspace();
    await expect(startNginxRtmp({ dir: other.dir, rtmpPort: server.rtmpPort })).rejects.toThrow('did not start');
    await other.cleanup();
  });

  test('no nginx outlives the process that started it, however that ended', async () => {
    const script = join(workspace.dir, 'start.ts');
    const module = new URL('../fixtures/nginx-rtmp.ts', import.meta.url).href;
    writeFileSync(
      script,
      `import { startNginxRtmp } from ${JSON.stringify(module)};
       const nginx = await startNginxRtmp({ dir: ${JSON.stringify(workspace.dir)} });
       process.stdout.write(JSON.stringify([nginx.pid, ...nginx.workerPids()]) + '\\n');
       setInterval(() => undefined, 1000);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    publishers.push(child);
    const pids = await new Promise<number[]>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(JSON.parse(data.toString()) as number[]));
      child.once('exit', () => reject(new Error('ended early')));
    });
    expect(pids).toHaveLength(2);
    signalPid(pids[1] ?? 0, 'SIGSTOP'); // even with a frozen worker
    child.kill('SIGKILL');
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeoutMs: 30_000 });
  });
});
