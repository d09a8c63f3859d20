import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, processesWithMarker, type Workspace } from '../fixtures/workspace.ts';
import { bootMachine, type Machine } from '../systemd/machine.ts';

let workspace: Workspace;
let machine: Machine;

beforeAll(async () => {
  workspace = makeWorkspace();
  mkdirSync(join(workspace.dir, 'share'));
  writeFileSync(join(workspace.dir, 'share/note'), 'from the host');
  machine = await bootMachine({ shares: { '/srv/share': join(workspace.dir, 'share') } });
});

afterAll(async () => {
  await machine.close();
  await workspace.cleanup();
});

describe('a test machine', () => {
  it('runs systemd as PID 1, and none of the services of this host', async () => {
    expect(await machine.runOk(['cat', '/proc/1/comm'])).toBe('systemd\n');
    const failed = await machine.runOk(['systemctl', 'list-units', '--failed', '--no-legend']);
    expect(failed).toBe('');
  });

  it('sees a shared directory and cannot write to it, nor to the files of this host', async () => {
    expect(await machine.runOk(['cat', '/srv/share/note'])).toBe('from the host');
    expect((await machine.run(['touch', '/srv/share/other'])).code).not.toBe(0);
    await machine.runOk(['touch', '/usr/written-in-the-test-machine']);
    expect(existsSync('/usr/written-in-the-test-machine')).toBe(false);
  });

  it('keeps its files over a reboot and a power cut, and no process', async () => {
    machine.write('/etc/kept/note', 'kept\n', 0o600);
    for (const again of [() => machine.reboot(), () => machine.powerCycle()]) {
      const marker = `TEST_MACHINE_SLEEPER=${Math.random()}`;
      await machine.runOk(['systemd-run', `--setenv=${marker}`, 'sleep', '600']);
      expect(processesWithMarker(marker)).toHaveLength(1);
      await again();
      expect(processesWithMarker(marker)).toEqual([]);
      expect(await machine.runOk(['cat', '/etc/kept/note'])).toBe('kept\n');
    }
  });
});
