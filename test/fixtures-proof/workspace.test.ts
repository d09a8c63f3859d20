import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { runTool } from '../fixtures/run-tool.ts';
import {
  freePort,
  isAlive,
  killMarked,
  makeWorkspace,
  processesWithMarker,
  processTree,
} from '../fixtures/workspace.ts';

describe('eventually', () => {
  test('returns the value of the first check that does not throw', async () => {
    let calls = 0;
    const value = await eventually(
      async () => {
        calls += 1;
        if (calls < 3) throw new Error('not yet');
        return calls;
      },
      { everyMs: 1 },
    );
    expect(value).toBe(3);
  });

  test('names what was waited for and keeps the last error as the cause', async () => {
    const cause = new Error('still red');
    const waiting = eventually(
      () => {
        throw cause;
      },
      { timeoutMs: 50, everyMs: 5, what: 'a green light' },
    );
    await expect(waiting).rejects.toMatchObject({
      message: 'waited 50 ms in vain for a green light: still red',
      cause,
    });
  });

  test('is not held up by a check that never settles', async () => {
    await expect(eventually(() => new Promise(() => undefined), { timeoutMs: 50 })).rejects.toThrow('never finished');
  });
});

describe('workspace', () => {
  test('cleanup removes all there is, twice without complaint', async () => {
    const workspace = makeWorkspace();
    writeFileSync(join(workspace.dir, 'file'), 'x');
    await workspace.cleanup();
    await workspace.cleanup();
    expect(existsSync(workspace.dir)).toBe(false);
  });

  test('free ports are distinct, can be listened on, and lie below the ephemeral range', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, freePort));
    expect(new Set(ports).size).toBe(20);
    expect(Math.max(...ports)).toBeLessThan(32_768);
    const server = createServer();
    await new Promise<void>(
      (resolve, reject) => void server.once('error', reject).listen(ports[0], '127.0.0.1', resolve),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  test('marked processes are found with their descendants, and killed even when they ignore SIGTERM', async () => {
    const marker = `FIXTURE_PROOF=${process.pid}-${Date.now()}`;
    const [name = '', value = ''] = marker.split('=');
    const child = spawn('sh', ['-c', "trap '' TERM; sleep 60 & sleep 60 & wait"], {
      env: { PATH: '/usr/bin:/bin', [name]: value },
      stdio: 'ignore',
    });
    await eventually(() => expect(processesWithMarker(marker)).toHaveLength(3));
    const tree = processTree(child.pid ?? 0);
    expect(tree.map((entry) => entry.pid).toSorted((a, b) => a - b)).toEqual(processesWithMarker(marker));
    expect(tree[1]).toMatchObject({ parentPid: child.pid, command: 'sleep 60' });
    expect(await killMarked(marker)).toHaveLength(3);
    expect(processesWithMarker(marker)).toEqual([]);
    await eventually(() => expect(isAlive(child.pid ?? 0)).toBe(false));
  });

  test('a marker too short to be ours is refused', async () => {
    await expect(killMarked('PATH=')).rejects.toThrow('too short');
  });
});

describe('runTool', () => {
  test('tells exit code and output', async () => {
    const result = await runTool('sh', ['-c', 'echo out; echo err >&2; exit 3']);
    expect({ ...result, stdout: result.stdout.toString() }).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  test('throws for a program that is not there, and for one that takes too long', async () => {
    await expect(runTool('/no/such/tool', [])).rejects.toThrow('ENOENT');
    await expect(runTool('sleep', ['20'], { timeoutMs: 100 })).rejects.toThrow('after 100 ms');
  });
});
