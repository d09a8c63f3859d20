import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MarkedProcess, ProcessTable } from '../../../src/observe/processes/table.ts';
import { MARKER_VARIABLE, RECORD_VARIABLE } from '../../../src/reconcile/model/run.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeWorkspace, processEntry, processTree, signalPid, type Workspace } from '../../fixtures/workspace.ts';
import { makeStage, type Stage } from './marked.ts';

function seen(table: ProcessTable, nowMs = 0, thorough = true): readonly MarkedProcess[] {
  const look = table.read(nowMs, thorough);
  if (look.kind !== 'known') throw new Error(`not known: ${JSON.stringify(look)}`);
  return look.value;
}

describe('the table of really running processes', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = makeStage();
  });
  afterEach(() => stage.cleanup());

  it('holds what carries our marker, with its session and record, and nothing once it is gone', async () => {
    const table = new ProcessTable(stage.stateId);
    expect(seen(table)).toEqual([]);
    const pid = stage.start('uplink', 'u1', 'sleep', ['300'], { record: '{"kind":"slate"}' });
    const [found, ...rest] = seen(table);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      pid,
      sid: pid,
      frozen: false,
      marker: stage.marker('uplink', 'u1'),
      recordText: '{"kind":"slate"}',
    });
    signalPid(pid, 'SIGKILL');
    await eventually(() => expect(seen(table)).toEqual([]));
  });

  it('finds a new process without a thorough look', () => {
    const table = new ProcessTable(stage.stateId);
    seen(table, 0, true);
    const pid = stage.start('uplink', 'u1', 'sleep', ['300']);
    expect(seen(table, 100, false).map((one) => one.pid)).toEqual([pid]);
  });

  it('leaves alone what carries the marker of another state directory, or one that only looks like ours', () => {
    const other = { stateId: 'ffffffffffffffff', role: 'uplink', specHash: 'abc', runId: stage.stateId } as const;
    stage.start('uplink', 'u1', 'sleep', ['300'], { marker: other });
    const prefixed = { ...other, stateId: `${stage.stateId}0` };
    stage.start('uplink', 'u2', 'sleep', ['300'], { marker: prefixed });
    expect(seen(new ProcessTable(stage.stateId))).toEqual([]);
  });

  it('tells a process stopped by a signal', async () => {
    const pid = stage.start('uplink', 'u1', 'sleep', ['300']);
    const table = new ProcessTable(stage.stateId);
    signalPid(pid, 'SIGSTOP');
    await eventually(() => expect(seen(table)).toMatchObject([{ pid, frozen: true }]));
    signalPid(pid, 'SIGCONT');
    await eventually(() => expect(seen(table)).toMatchObject([{ pid, frozen: false }]));
  });

  it('takes a zombie for dead', async () => {
    const pid = stage.start('playout', 'p1', 'sh', ['-c', 'sleep 0.05 & exec sleep 300']);
    await eventually(() => expect(processTree(pid).map(({ state }) => state)).toContain('Z'), {
      what: 'a child that nobody reaps',
    });
    expect(seen(new ProcessTable(stage.stateId)).map((one) => one.pid)).toEqual([pid]);
  });

  it('never loses a process that begins another program in place', async () => {
    const script = 'i=0; while [ $i -lt 400 ]; do i=$((i+1)); export i; exec sh "$0"; done; exec sleep 300';
    const path = join(stage.dir, 'again.sh');
    writeFileSync(path, `i=\${i:-0}; ${script.slice('i=0; '.length)}`);
    const pid = stage.start('uplink', 'u1', 'sh', [path]);
    const table = new ProcessTable(stage.stateId);
    // The very first look may come while a program is being begun, and know nothing yet.
    await eventually(() => expect(seen(table, 0, false)).toHaveLength(1), { everyMs: 1 });
    let looks = 0;
    let missed = 0;
    await eventually(
      () => {
        for (let look = 0; look < 20; look++) {
          looks += 1;
          if (seen(table, 0, false).length === 0) missed += 1;
        }
        if (processEntry(pid)?.command !== 'sleep 300') throw new Error('still beginning anew');
      },
      { timeoutMs: 8000, everyMs: 1 },
    );
    expect({ missed, looks: looks > 0 }).toEqual({ missed: 0, looks: true });
  });

  it('passes over processes of others that it may not read', () => {
    expect(seen(new ProcessTable(stage.stateId))).toEqual([]);
  });
});

describe('the table over a made-up /proc', () => {
  let workspace: Workspace;
  let table: ProcessTable;
  const MARKER = 'aaaa:uplink:bbbb:u1';

  beforeEach(() => {
    workspace = makeWorkspace();
    table = new ProcessTable('aaaa', workspace.dir);
  });
  afterEach(() => workspace.cleanup());

  function put(pid: number, environ: string, startTicks = 500, state = 'S'): void {
    const dir = join(workspace.dir, String(pid));
    mkdirSync(dir, { recursive: true });
    writeFileSync(
      join(dir, 'stat'),
      `${pid} (x) ${state} 1 ${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${startTicks} 0 0`,
    );
    writeFileSync(join(dir, 'environ'), environ);
  }

  const marked = `PATH=/bin\0${MARKER_VARIABLE}=${MARKER}\0${RECORD_VARIABLE}=a=b\0`;

  it('is unknown, not empty, where /proc cannot be read or shows no process', async () => {
    expect(table.read(0, true).kind).toBe('unknown');
    await workspace.cleanup();
    expect(table.read(0, true).kind).toBe('unknown');
  });

  it('reads names and values apart at the first equals sign', () => {
    put(10, marked);
    expect(seen(table)).toMatchObject([{ pid: 10, startTicks: 500, recordText: 'a=b' }]);
  });

  it.each([
    ['the marker in the middle of another variable', `X=${MARKER_VARIABLE}=${MARKER}\0`],
    ['the marker under a longer name', `OLD_${MARKER_VARIABLE}=${MARKER}\0`],
    ['a role that does not exist', `${MARKER_VARIABLE}=aaaa:encoder:bbbb:u1\0`],
    ['a part too many', `${MARKER_VARIABLE}=${MARKER}:more\0`],
    ['a run id that would leave the directory', `${MARKER_VARIABLE}=aaaa:uplink:bbbb:../../etc\0`],
    ['no environment', ''],
  ])('does not take %s for ours', (_, environ) => {
    put(10, environ);
    expect(seen(table)).toEqual([]);
  });

  it('looks again within 5 s at a number that was not ours before', () => {
    put(10, 'PATH=/bin\0');
    expect(seen(table, 0, false)).toEqual([]);
    put(10, marked, 900);
    expect(seen(table, 5_000, false)).toHaveLength(1);
  });

  it('looks at once when told to be thorough', () => {
    put(10, 'PATH=/bin\0');
    expect(seen(table, 0, false)).toEqual([]);
    put(10, marked, 900);
    expect(seen(table, 1, true)).toHaveLength(1);
  });

  it('keeps a process of ours whose environment is empty for the moment in which it begins another program', () => {
    put(10, marked);
    expect(seen(table, 0, false)).toHaveLength(1);
    put(10, '');
    expect(seen(table, 100, false)).toMatchObject([{ pid: 10, startTicks: 500, recordText: 'a=b' }]);
    put(10, marked);
    expect(seen(table, 200, false)).toHaveLength(1);
  });

  it('does not remember a process for foreign that was seen while it began', () => {
    put(10, '');
    expect(seen(table, 0, false)).toEqual([]);
    put(10, marked);
    expect(seen(table, 100, false)).toHaveLength(1);
  });

  it('does not keep a process whose number another one has by now', () => {
    put(10, marked);
    expect(seen(table, 0, false)).toHaveLength(1);
    put(10, 'PATH=/bin\0', 900);
    expect(seen(table, 100, false)).toEqual([]);
  });

  it('passes over a process that ends while it is looked at', () => {
    put(10, marked);
    put(11, marked);
    rmSync(join(workspace.dir, '11', 'environ'));
    rmSync(join(workspace.dir, '10', 'stat'));
    expect(seen(table)).toEqual([]);
  });

  it.each(['Z', 'X'])('takes state %s for dead, whatever the environment still says', (state) => {
    put(10, marked, 500, state);
    expect(seen(table)).toEqual([]);
  });
});
