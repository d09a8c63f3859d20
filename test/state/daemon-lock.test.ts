import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonLock, takeDaemonLock } from '../../src/state/daemon-lock.ts';
import { eventually } from '../fixtures/eventually.ts';
import { killMarked } from '../fixtures/workspace.ts';

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
