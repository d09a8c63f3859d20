import { readFileSync } from 'node:fs';
import { parseProcStat } from './proc-stat.ts';
import { readProc } from './proc.ts';

/** Names the boot of the machine, and of the container around us, whose restart ends every process as well. */
export interface Boot {
  /** `/proc/sys/kernel/random/boot_id`. */
  readonly id: string;
  /** Clock ticks from boot to the start of PID 1 of our namespace; null = it may not be seen (`hidepid=`). */
  readonly namespaceStartTicks: number | null;
}

/** `root`: where proc is mounted. Throws where the kernel names no boot. */
export function readBoot(root = '/proc'): Boot {
  const id = readFileSync(`${root}/sys/kernel/random/boot_id`, 'utf8').trim();
  const init = readProc(`${root}/1/stat`);
  const stat = init.kind === 'text' ? parseProcStat(init.text) : null;
  return { id, namespaceStartTicks: stat?.startTicks ?? null };
}
