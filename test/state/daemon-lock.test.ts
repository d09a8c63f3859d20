import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonLock, lockStateDir, takeDaemonLock } from '../../src/state/daemon-lock.ts';
import { canPrepare } from '../chaos/namespaces.ts';
import { eventually } from '../fixtures/eventually.ts';
import { killMarked, makeWorkspace } from '../fixtures/workspace.ts';

/** Whether this machine lets us make a network namespace. */
const able = await canPrepare('net', 'true');

let stateId: string;
let held: DaemonLock[];
let children: ChildProcess[];

beforeEach(() => {
  stateId = randomBytes(8).toString('hex');
  held = [];
  children = [];
});
afterEach(async () => {
  for (const lock of held) lock.release();
  for (const child of children) child.kill('SIGKILL');
  await killMarked(stateId);
});

async function take(id = stateId): Promise<boolean> {
  const lock = await takeDaemonLock(id);
  if (lock !== null) held.push(lock);
  return lock !== null;
}

/** Another process that takes the lock and stays; resolves with what it got. */
async function otherDaemon(extra = ''): Promise<{ readonly child: ChildProcess; readonly got: string }> {
  const source = new URL('../../src/state/daemon-lock.ts', import.meta.url).href;
  const code = `import { takeDaemonLock } from ${JSON.stringify(source)};
    import { spawn } from 'node:child_process';
    const lock = await takeDaemonLock(${JSON.stringify(stateId)});
    ${extra}
    process.stdout.write(lock === null ? 'refused' : 'held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TEST_MARK: stateId },
  });
  children.push(child);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, got: chunk.toString() };
}

describe('the lock of a state directory', () => {
  it('is held once, and by anybody again after it was released', async () => {
    expect(await take()).toBe(true);
    expect(await take()).toBe(false);
    expect(await take('another-directory')).toBe(true);
    held[0]!.release();
    await eventually(async () => expect(await take()).toBe(true));
  });

  it('is held across processes, and freed by the kernel when its process is killed', async () => {
    const { child, got } = await otherDaemon();
    expect(got).toBe('held');
    expect(await take()).toBe(false);
    child.kill('SIGKILL');
    await eventually(async () => expect(await take()).toBe(true));
    expect((await otherDaemon()).got).toBe('refused');
  });

  it('is not inherited by what the daemon started', async () => {
    const { child } = await otherDaemon(`spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();`);
    child.kill('SIGKILL');
    await eventually(async () => expect(await take()).toBe(true));
  });

  it('goes to exactly one of many who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => take()));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('is not disturbed by whoever connects to it', async () => {
    expect(await take()).toBe(true);
    const { connect } = await import('node:net');
    const name = `\0${`stream-controller-${stateId}-`.padEnd(107, 'x')}`;
    for (let n = 0; n < 20; n++) {
      const socket = connect(name);
      await once(socket, 'close');
    }
    expect(await take()).toBe(false);
  });
});

describe('the lock of its inode', () => {
  const workspace = makeWorkspace();
  afterAll(() => workspace.cleanup());

  function lockDir(): boolean {
    const lock = lockStateDir(workspace.dir);
    if (lock === 'unsupported') throw new Error('this file system locks no directory');
    if (lock !== null) held.push(lock);
    return lock !== null;
  }

  /** A daemon in a network namespace of its own, where our abstract sockets are not seen; resolves with its answer. */
  async function daemonElsewhere(): Promise<{ readonly child: ChildProcess; readonly got: string }> {
    const source = new URL('../../src/state/daemon-lock.ts', import.meta.url).href;
    const code = `import { lockStateDir, takeDaemonLock } from ${JSON.stringify(source)};
      import { spawn } from 'node:child_process';
      const named = await takeDaemonLock(${JSON.stringify(stateId)});
      const inode = lockStateDir(${JSON.stringify(workspace.dir)});
      if (inode !== null) spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();
      process.stdout.write([named, inode].map((lock) => lock === null ? 'refused' : 'held').join());
      setInterval(() => undefined, 1000);`;
    const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    const argv = [...root, '--net', process.execPath, '--input-type=module', '-e', code];
    const child = spawn('unshare', argv, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TEST_MARK: stateId },
    });
    children.push(child);
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, got: chunk.toString() };
  }

  it.skipIf(!able)('holds in another network namespace, too, and not in what the daemon started', async () => {
    const { child, got } = await daemonElsewhere();
    expect(got).toBe('held,held');
    expect(await take()).toBe(true);
    expect(lockDir()).toBe(false);
    child.kill('SIGKILL');
    await eventually(() => expect(lockDir()).toBe(true));
    expect((await daemonElsewhere()).got).toBe('held,refused');
  });

  it('is free again after it was released', () => {
    expect(lockDir()).toBe(true);
    expect(lockDir()).toBe(false);
    held.pop()?.release();
    expect(lockDir()).toBe(true);
  });
});
