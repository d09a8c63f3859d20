import { spawn } from 'node:child_process';
import type * as fileSystem from 'node:fs';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findLivingRuns, runOnAir } from '../../../src/cli/status/living-runs.ts';
import { stateIdOf } from '../../../src/state/files.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { every, none } from '../../fixtures/failing-reads.ts';
import { killMarked, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const reads = await vi.hoisted(async () => (await import('../../fixtures/failing-reads.ts')).makeFailingReads());

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  return {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      reads.pass('openSync', args[0]);
      return fs.openSync(...args);
    },
  };
});

let workspace: Workspace;
let stateId: string;

beforeEach(() => {
  workspace = makeWorkspace();
  stateId = stateIdOf(realpathSync(workspace.dir));
  reads.begin(none);
});
afterEach(async () => {
  reads.begin(none);
  await killMarked(`STREAM_CONTROLLER_RUN=${stateId}`);
  await workspace.cleanup();
});

/** A session of our own marking; that of a playout has a gate that holds the lock. */
function startRun(role: 'uplink' | 'playout'): number {
  const script = role === 'uplink' ? 'exec sleep 60' : 'flock --no-fork "$0" sleep 60 & exec sleep 60';
  const child = spawn('sh', ['-c', script, join(workspace.dir, 'program.lock')], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '', STREAM_CONTROLLER_RUN: `${stateId}:${role}:abc:run-${role}` },
  });
  child.unref();
  return child.pid ?? 0;
}

const look = () => findLivingRuns(workspace.dir, Date.now());
const hideLocks = (): void => reads.begin(every(/\/proc\/locks$/, 'EACCES'));

describe('the runs of a stream without a daemon, where /proc/locks cannot be read,', () => {
  it('are told, and that it is not known which playout is on air', async () => {
    const uplink = startRun('uplink');
    const playout = startRun('playout');
    await eventually(() => expect(look()).toMatchObject({ uplink: { pid: uplink }, playout: { pid: playout } }));
    hideLocks();
    expect(look()).toMatchObject({
      uplink: { pid: uplink },
      playout: null,
      isEmpty: false,
      message: `the uplink runs without the daemon, pid ${String(uplink)}; which playout is on air cannot be seen: /proc/locks: EACCES`,
    });
    expect(runOnAir(workspace.dir)).toBeNull();
  });

  it('are not said to be none where a playout lives', async () => {
    startRun('playout');
    await eventually(() => expect(look().playout).not.toBeNull());
    hideLocks();
    expect(look()).toMatchObject({
      isEmpty: false,
      message: 'there is no uplink, so nothing is sent; which playout is on air cannot be seen: /proc/locks: EACCES',
    });
  });

  it('are none where no process is of the stream: that needs no locks', () => {
    hideLocks();
    expect(look()).toMatchObject({ isEmpty: true, message: 'nothing of the stream runs' });
  });
});
