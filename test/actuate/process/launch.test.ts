import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Launch, launch } from '../../../src/actuate/process/launch.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { isAlive, processEntry, processesWithMarker, signalPid } from '../../fixtures/workspace.ts';
import { makeStage, type Stage } from '../../observe/processes/marked.ts';

let stage: Stage;
beforeEach(() => {
  stage = makeStage();
});
afterEach(() => stage.cleanup());

const wanted = (program: string, args: readonly string[], change: Partial<Launch> = {}): Launch => ({
  marker: stage.marker('uplink', 'u1'),
  record: null,
  program,
  args,
  logPath: join(stage.dir, 'uplink-u1.log'),
  stdin: '',
  stdout: null,
  extraFds: [],
  ...change,
});

const environOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean).toSorted();

describe('a started run', () => {
  it('has a minimal environment: no variable of ours but what is listed here', async () => {
    process.env['STORAGE_SECRET_ACCESS_KEY'] = 'do-not-inherit-1';
    process.env['YOUTUBE_STREAM_KEY'] = 'do-not-inherit-2';
    process.env['FFREPORT'] = 'file=/tmp/report.log';
    try {
      const result = launch(wanted('sleep', ['300'], { record: '{"a":1}' }), '/etc/ssl/ca.pem', () => undefined);
      if (result.kind !== 'started') throw new Error(result.message);
      await eventually(() => expect(processEntry(result.pid)?.command).toBe('sleep 300'));
      expect(environOf(result.pid)).toEqual([
        'AV_LOG_FORCE_NOCOLOR=1',
        'LANG=C.UTF-8',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'SSL_CERT_FILE=/etc/ssl/ca.pem',
        'STREAM_CONTROLLER_RECORD={"a":1}',
        `STREAM_CONTROLLER_RUN=${stage.stateId}:uplink:abcdef012345:u1`,
      ]);
    } finally {
      for (const name of ['STORAGE_SECRET_ACCESS_KEY', 'YOUTUBE_STREAM_KEY', 'FFREPORT']) delete process.env[name];
    }
  });

  it('leads a session and group of its own, away from any directory that might be unmounted', () => {
    const pid = stage.start('uplink', 'u1', 'sleep', ['300']);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session]).toEqual([String(pid), String(pid)]);
    expect(statSync(`/proc/${pid}/cwd`).ino).toBe(statSync('/').ino);
  });

  it('gets the descriptors it was given and no other of ours', async () => {
    const pid = stage.start('uplink', 'u1', 'sleep', ['300'], {
      stdin: stage.feed.fifoFd,
      extraFds: [stage.feed.uplinkLockFd],
    });
    await eventually(() => expect(processEntry(pid)?.command).toBe('sleep 300'));
    // What a shell above us left open for everybody is nobody's secret of ours.
    const inherited = (await runToolOk('ls', ['/proc/self/fd'])).stdout.toString().trim().split('\n');
    const ours = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) < 4 || !inherited.includes(fd));
    expect(ours.toSorted()).toEqual(['0', '1', '2', '3']);
  });

  it('tells how it ended: its code, or the signal', async () => {
    const told: unknown[] = [];
    const onExit = (...exit: unknown[]): void => void told.push(exit);
    launch(wanted('sh', ['-c', 'exit 7']), null, onExit);
    await eventually(() => expect(told).toEqual([['u1', 7, null]]));
    const result = launch(wanted('sleep', ['300']), null, onExit);
    if (result.kind === 'started') signalPid(result.pid, 'SIGKILL');
    await eventually(() => expect(told.at(-1)).toEqual(['u1', null, 'SIGKILL']));
  });

  it('adds to its log, which is readable by this user alone', async () => {
    const log = join(stage.dir, 'uplink-u1.log');
    writeFileSync(log, 'before\n', { mode: 0o600 });
    stage.start('uplink', 'u1', 'sh', ['-c', 'echo after >&2; exec sleep 300']);
    await eventually(() => expect(readFileSync(log, 'utf8')).toBe('before\nafter\n'));
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  it('gets a list on its stdin whole, however long, and then its end', async () => {
    const text = `${'signed address '.repeat(8)}\n`.repeat(5_000);
    stage.start('uplink', 'u1', 'sh', ['-c', `cat > '${stage.dir}/got'; exec sleep 300`], { stdin: text });
    await eventually(() => expect(readFileSync(join(stage.dir, 'got'), 'utf8') === text).toBe(true));
  });

  it('does no harm when it ends without reading its list', async () => {
    const told: unknown[] = [];
    launch(wanted('true', [], { stdin: 'x'.repeat(1_000_000) }), null, (...exit) => told.push(exit));
    await eventually(() => expect(told).toEqual([['u1', 0, null]]));
  });
});

describe('a program that cannot be started', () => {
  it.each([
    ['missing', '/nowhere/ffmpeg'],
    ['not executable', '/etc/passwd'],
    ['a directory', '/tmp'],
  ])('is a failure, said in the log of the run: %s', async (_, program) => {
    const result = launch(wanted(program, []), null, () => undefined);
    expect(result).toMatchObject({ kind: 'failed', message: expect.stringContaining(program) });
    expect(readFileSync(join(stage.dir, 'uplink-u1.log'), 'utf8')).toContain(program);
    expect(processesWithMarker(stage.stateId)).toEqual([]);
  });

  it.each([
    ['the log cannot be opened', { logPath: '/nowhere/uplink-u1.log' }],
    ['a descriptor is not open', { extraFds: [999] }],
    ['an argument holds NUL', { args: ['a\0b'] }],
    ['the arguments are too long', { args: ['x'.repeat(3_000_000)] }],
  ])('is a failure when %s, and leaves no descriptor behind', (_, change) => {
    const before = readdirSync('/proc/self/fd').length;
    expect(launch(wanted('sleep', ['300'], change), null, () => undefined).kind).toBe('failed');
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

describe('the death of the daemon', () => {
  /** Starts runs as the daemon does, tells their PIDs, and is killed the hard way. */
  const daemonCode = (list: string): string => `
    import { launch } from ${JSON.stringify(new URL('../../../src/actuate/process/launch.ts', import.meta.url).href)};
    const marker = { stateId: ${JSON.stringify(stage.stateId)}, role: 'uplink', specHash: 'abc', runId: 'u1' };
    const result = launch({ marker, record: null, program: 'sh', args: ['-c', ${JSON.stringify(
      `sleep 0.2; cat > '${stage.dir}/got'; exec sleep 300`,
    )}], logPath: ${JSON.stringify(join(stage.dir, 'uplink-u1.log'))}, stdin: ${list}, stdout: null, extraFds: [] },
      null, () => undefined);
    process.stdout.write(String(result.pid) + '\\n');
    process.kill(process.pid, 'SIGKILL');`;

  it('leaves the run alone, even at the very moment of its start, list and all', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', daemonCode(`'line\\n'.repeat(4000)`)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[chunk], [, signal]] = (await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])) as [
      [Buffer],
      [number | null, string],
    ];
    expect(signal).toBe('SIGKILL');
    const pid = Number(chunk.toString());
    await eventually(() => expect(readFileSync(join(stage.dir, 'got'), 'utf8')).toBe('line\n'.repeat(4000)));
    expect(isAlive(pid)).toBe(true);
  });
});
