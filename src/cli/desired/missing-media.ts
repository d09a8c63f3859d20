import type { Invocation } from '../command.ts';
import { openStorage } from '../media/store-access.ts';
import { printable } from '../../text/terminal.ts';

const AT_A_TIME = 8;

/**
 * How many of these entries the store says it does not have: keys, or prefixes that end in `/` with nothing below them.
 * Each is named on stderr. A store that cannot be asked is mentioned there, too, and counts none.
 */
export async function missingMedia(entries: readonly string[], invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const opened = openStorage(invocation);
  if (opened === null) {
    terminal.note('so the store was not asked');
    return 0;
  }
  const { storage } = opened;
  let missing = 0;
  for (let at = 0; at < entries.length; at += AT_A_TIME) {
    const failures = await Promise.all(
      entries.slice(at, at + AT_A_TIME).map(async (entry) => {
        const found = entry.endsWith('/') ? await storage.listMedia(entry) : await storage.statMedia(entry);
        if (found.kind === 'failed') return found.failure;
        if (!Array.isArray(found.value) || found.value.length > 0) return null;
        return { reason: 'MediaPrefixEmpty', message: `there is no media under ${JSON.stringify(entry)}` };
      }),
    );
    for (const failure of failures) {
      if (failure === null) continue;
      terminal.problem(printable(`${failure.reason}: ${failure.message}`));
      if (failure.reason !== 'MediaNotFound' && failure.reason !== 'MediaPrefixEmpty') {
        terminal.problem('so the store was not asked further');
        return 0;
      }
      missing += 1;
    }
  }
  return missing;
}
