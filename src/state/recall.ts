import { readFile } from 'node:fs/promises';
import { syncedPath } from './background-sync.ts';
import { parseMemory } from './memory-file.ts';
import { type Memory, NO_MEMORY } from '../reconcile/model/memory.ts';
import { type Look, lookPatiently } from '../system/look.ts';

/**
 * The text of a file that an earlier daemon left, or where a power cut emptied it the last one that was on the disk; null =
 * there is none. A read that fails is tried again for a second, as this daemon soon writes the file anew and what stood in it
 * is lost. Then it counts as none, and `onUnreadable` gets the code.
 */
export async function recallText(
  path: string,
  onUnreadable: (code: string) => void,
  wait?: (ms: number) => Promise<unknown>,
): Promise<string | null> {
  const look = (at: string): Promise<Look<string>> => lookPatiently(() => readFile(at, 'utf8'), wait);
  let found = await look(path);
  if (found.kind === 'known' && isEmptied(found.value)) found = await look(syncedPath(path));
  if (found.kind === 'unknown') onUnreadable(found.code);
  return found.kind === 'known' ? found.value : null;
}

/** XFS leaves no byte of a text that had not reached the disk, other file systems NUL in their place. */
const isEmptied = (text: string): boolean => /^\0*$/.test(text);

/**
 * What an earlier daemon remembered. Where that is nothing, as the file is missing or broken, a seed is drawn: the path of the
 * state directory, which stands in for it, may be that of another host. A good file without a seed keeps its order.
 */
export function recallMemory(drawSeed: () => string, ...kept: Parameters<typeof parseMemory>): Memory {
  const memory = parseMemory(...kept);
  return memory === NO_MEMORY ? { ...memory, shuffleSeed: drawSeed() } : memory;
}
