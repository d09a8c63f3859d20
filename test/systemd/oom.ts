import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { isAlive } from '../fixtures/workspace.ts';

/** Less than any FFmpeg asks for from one second to the next. */
const LIMIT_BYTES = 256 * 1024;

/**
 * Has the kernel's OOM killer end this process, as it ends the largest when memory is short: it is put into a memory
 * cgroup of its own with next to nothing to take. Waits until it is gone; throws where no such cgroup can be made.
 */
export async function killForMemory(pid: number): Promise<void> {
  const { group, limit } = memoryGroup(`oom-${pid}`);
  mkdirSync(group);
  try {
    writeFileSync(join(group, limit), String(LIMIT_BYTES));
    if (existsSync(join(group, 'memory.swap.max'))) writeFileSync(join(group, 'memory.swap.max'), '0');
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
    await eventually(
      () => {
        if (isAlive(pid)) throw new Error('it lives');
      },
      { timeoutMs: 20_000, what: `the OOM killer to end process ${pid}` },
    );
  } finally {
    await eventually(() => rmdirSync(group), { what: 'the memory cgroup to be empty' });
  }
}

/** A cgroup to be made for this, and the name of its limit. */
function memoryGroup(name: string): { readonly group: string; readonly limit: string } {
  const own = readFileSync('/proc/self/cgroup', 'utf8');
  const v1 = /^\d+:memory:(.*)$/m.exec(own)?.[1];
  if (v1 !== undefined) return { group: join('/sys/fs/cgroup/memory', v1, name), limit: 'memory.limit_in_bytes' };
  // In v2 a cgroup has limits if its parent hands the controller down: the nearest one above us that does.
  for (let above = /^0::(.*)$/m.exec(own)?.[1] ?? '/'; ; above = dirname(above)) {
    const parent = join('/sys/fs/cgroup', above);
    const handed = join(parent, 'cgroup.subtree_control');
    if (existsSync(handed) && readFileSync(handed, 'utf8').split(/\s/).includes('memory')) {
      return { group: join(parent, name), limit: 'memory.max' };
    }
    if (above === '/') throw new Error('this host lets nobody make a memory cgroup: the OOM killer cannot be called');
  }
}
