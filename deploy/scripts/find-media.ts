import { EXIT } from '../../src/cli/command.ts';
import { openStorage } from '../../src/cli/media/store-access.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { printable } from '../../src/text/terminal.ts';

const AT_A_TIME = 8;

/**
 * `find-media.ts KEY...`: whether the store has each key (or anything below a prefix that ends in `/`). Exit 1 names
 * those it surely has not; a store that cannot be asked is only mentioned.
 */
async function main(entries: readonly string[]): Promise<number> {
  const terminal = openTerminal(process.env);
  const opened = openStorage({ options: new Map(), args: [], env: process.env, cwd: process.cwd(), terminal });
  if (opened === null) {
    terminal.note('so the store was not asked');
    return EXIT.well;
  }
  const { storage } = opened;
  let missing = 0;
  for (let at = 0; at < entries.length; at += AT_A_TIME) {
    const some = entries.slice(at, at + AT_A_TIME);
    const failures = await Promise.all(
      some.map(async (entry) => {
        const found = entry.endsWith('/') ? await storage.listMedia(entry) : await storage.statMedia(entry);
        if (found.kind === 'failed') return found.failure;
        if (!Array.isArray(found.value) || found.value.length > 0) return null;
        return { reason: 'MediaPrefixEmpty', message: `there is no media under ${JSON.stringify(entry)}` };
      }),
    );
    for (const failure of failures) {
      if (failure === null) continue;
      process.stderr.write(printable(`${failure.reason}: ${failure.message}`) + '\n');
      if (failure.reason === 'MediaNotFound' || failure.reason === 'MediaPrefixEmpty') missing += 1;
      else {
        process.stderr.write('so the store was not asked further\n');
        return EXIT.well;
      }
    }
  }
  return missing === 0 ? EXIT.well : EXIT.failed;
}

// An open connection to the store would keep the process for a while.
process.exit(await main(process.argv.slice(2)));
