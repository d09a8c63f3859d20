import { closeSync, fstatSync, openSync } from 'node:fs';
import { ProcessTable } from '../processes/table.ts';
import type { FeedPaths } from '../../state/files.ts';

/**
 * The FIFO and locks that living runs use, as paths below `/proc`. New runs must use the same ones, even if the files of those
 * names were deleted or replaced. Empty = no run lives. Throws where the processes below `root` cannot be read.
 */
export function feedInUse(stateId: string, root = '/proc'): Partial<FeedPaths> {
  const table = new ProcessTable(stateId, root).read(0, true);
  if (table.kind === 'unknown') throw new Error(table.why);
  if (table.kind === 'absent') return {};
  const found: { -readonly [Name in keyof FeedPaths]?: string } = {};
  for (const { pid, sid, marker } of table.value) {
    if (marker.role === 'uplink') {
      if (isKind(`/proc/${pid}/fd/0`, 'fifo')) found.fifo = `/proc/${pid}/fd/0`;
      if (isKind(`/proc/${pid}/fd/3`, 'file')) found.uplinkLock = `/proc/${pid}/fd/3`;
      continue;
    }
    if (isKind(`/proc/${pid}/fd/3`, 'file')) found.programLock = `/proc/${pid}/fd/3`;
    // Of a playout only the gate writes to the FIFO.
    if (pid !== sid && isKind(`/proc/${pid}/fd/1`, 'fifo')) found.fifo ??= `/proc/${pid}/fd/1`;
  }
  return found;
}

function isKind(path: string, kind: 'fifo' | 'file'): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, kind === 'fifo' ? 'r+' : 'r');
    const stat = fstatSync(fd);
    return kind === 'fifo' ? stat.isFIFO() : stat.isFile();
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
