import { EXIT, type Invocation } from '../command.ts';
import { openStorage, tellFailure } from './store-access.ts';
import { duration } from '../../text/units.ts';

/** Prints an address of one object that is there, alone on stdout. */
export async function run(invocation: Invocation): Promise<number> {
  const { args, terminal } = invocation;
  const opened = openStorage(invocation);
  if (opened === null) return EXIT.usage;
  const { storage, settings } = opened;
  const key = args[0] ?? '';
  // An address can be signed for a key that does not exist, so the store is asked first.
  const found = await storage.statMedia(key);
  const url = found.kind === 'failed' ? found : await storage.getStreamUrl(key, settings.urlTtlS);
  if (url.kind === 'failed') return tellFailure(url.failure, terminal);
  terminal.out(url.value);
  terminal.note(settings.storage.kind === 'local' ? LOCAL : lifetime(settings.urlTtlS));
  return EXIT.well;
}

const LOCAL = 'a file on this machine, as FFmpeg takes it; it does not expire';

function lifetime(ttlS: number): string {
  const until = new Date(Date.now() + ttlS * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return `lives ${duration(ttlS * 1000)}, until ${until}; whoever has it can read the object`;
}
