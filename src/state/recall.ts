import { readFile } from 'node:fs/promises';
import { parseMemory } from './memory-file.ts';
import { type Memory, NO_MEMORY } from '../reconcile/model/memory.ts';
import { lookPatiently } from '../system/look.ts';

/**
 * The text of a file that an earlier daemon left; null = there is none. A read that fails is tried again for a second, as this
 * daemon soon writes the file anew and what stood in it is lost. Then it counts as none, and `onUnreadable` gets the code.
 */
export async function recallText(
  path: string,
  onUnreadable: (code: string) => void,
  wait?: (ms: number) => Promise<unknown>,
): Promise<string | null> {
  const found = await lookPatiently(() => readFile(path, 'utf8'), wait);
  if (found.kind === 'unknown') onUnreadable(found.code);
  return found.kind === 'known' ? found.value : null;
}

/**
 * What an earlier daemon remembered. Where that is nothing, as the file is missing or broken, a seed is drawn: the path of the
 * state directory, which stands in for it, may be that of another host. A good file without a seed keeps its order.
 */
export function recallMemory(drawSeed: () => string, ...kept: Parameters<typeof parseMemory>): Memory {
  const memory = parseMemory(...kept);
  return memory === NO_MEMORY ? { ...memory, shuffleSeed: drawSeed() } : memory;
}
