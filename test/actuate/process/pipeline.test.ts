import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCK_FD, playoutCommand, uplinkCommand } from '../../../src/actuate/process/pipeline.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { isAlive, processEntry, processTree, signalPid } from '../../fixtures/workspace.ts';
import { makeStage, type Stage, writesAndStays } from '../../observe/processes/marked.ts';

const HOSTILE = ['$(touch hit)', '`touch hit`', '; touch hit', '"; touch hit; "', "'", '-c', '\n', '*', '%s', '', '&&'];

describe('the wrappers', () => {
  it('keep every value out of the scripts', () => {
    const [plain, hostile] = [[], HOSTILE].map((argv) => playoutCommand('/x', argv)) as [
      ReturnType<typeof playoutCommand>,
      ReturnType<typeof playoutCommand>,
    ];
    expect(hostile.args.slice(0, plain.args.length)).toEqual(plain.args);
    expect(hostile.args.slice(plain.args.length)).toEqual(HOSTILE);
    expect(uplinkCommand('/x', HOSTILE).args).toEqual([
      '--no-fork',
      '--nonblock',
      `/proc/self/fd/${LOCK_FD}`,
      '/x',
      ...HOSTILE,
    ]);
  });
});

describe('started runs', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = makeStage();
  });
  afterEach(() => stage.cleanup());

  const lockedUplink = (runId: string): number => {
    const { program, args } = uplinkCommand('/bin/sleep', ['300']);
    return stage.start('uplink', runId, program, args, {
      stdin: stage.channel.fifoFd,
      extraFds: [stage.channel.uplinkLockFd],
    });
  };

  it('get hostile arguments as they are', async () => {
    const script = join(stage.dir, 'tell.sh');
    mkdirSync(join(stage.dir, 'cwd'));
    writeFileSync(script, `for a; do printf '<%s>' "$a"; done > '${stage.dir}/told'; exec sleep 300`);
    const { program, args } = playoutCommand('/bin/sh', [script, ...HOSTILE]);
    stage.start('playout', 'p1', program, args, {
      stdout: stage.channel.fifoFd,
      extraFds: [stage.channel.programLockFd],
    });
    await eventually(() =>
      expect(readFileSync(join(stage.dir, 'told'), 'utf8')).toBe(HOSTILE.map((a) => `<${a}>`).join('')),
    );
  });

  it('leave no shell behind: the process started is the program, its one child the gate', async () => {
    const pid = stage.startPlayout('p1', 'exec sleep 300');
    await eventually(() => expect(processTree(pid).map(({ command }) => command)).toEqual(['sleep 300', 'cat']));
  });

  it('hold one lock for ever one uplink: a second ends by itself, before its program begins', async () => {
    const first = lockedUplink('u1');
    await eventually(() => expect(processEntry(first)?.command).toMatch(/sleep 300/));
    const second = lockedUplink('u2');
    await eventually(() => expect(isAlive(second)).toBe(false));
    expect(isAlive(first)).toBe(true);
    signalPid(first, 'SIGKILL');
    await eventually(() => expect(isAlive(first)).toBe(false));
    const third = lockedUplink('u3');
    await eventually(() => expect(processEntry(third)?.command).toMatch(/sleep 300/));
  });

  it('hand over the FIFO without a reader or writer ever seeing the other end', async () => {
    const first = stage.startPlayout('p1', `printf one; ${writesAndStays(0)}`);
    const reader = stage.start('uplink', 'u1', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], {
      stdin: stage.channel.fifoFd,
    });
    const seen = (): string => readFileSync(join(stage.dir, 'seen'), 'utf8');
    await eventually(() => expect(seen()).toBe('one'));
    stage.startPlayout('p2', 'printf two; exec sleep 300');
    signalPid(-first, 'SIGKILL');
    await eventually(() => expect(seen()).toBe('onetwo'));
    signalPid(reader, 'SIGKILL');
    stage.start('uplink', 'u2', 'sh', ['-c', `exec cat > '${stage.dir}/seen'`], { stdin: stage.channel.fifoFd });
    const third = stage.startPlayout('p3', 'printf three; exec sleep 300');
    await eventually(() => expect(isAlive(third)).toBe(true));
  });
});
