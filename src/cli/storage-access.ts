import { createUrlSigner } from '../actuate/presign.ts';
import { readSettings } from '../observe/environment.ts';
import { createStorage } from '../observe/storage.ts';
import type { MediaFailure, Storage } from '../reconcile/item.ts';
import { printable } from '../reconcile/report-text.ts';
import type { Settings } from '../reconcile/settings.ts';
import type { Invocation } from './commands.ts';
import type { Terminal } from './terminal.ts';

/** The configured store; null when the environment is malformed, which is told on stderr. */
export function openStorage({
  env,
  cwd,
  terminal,
}: Invocation): { readonly storage: Storage; readonly settings: Settings } | null {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') {
    for (const problem of read.problems) terminal.note(problem);
    return null;
  }
  for (const warning of read.warnings) terminal.note(`warning: ${warning}`);
  const { settings } = read;
  const sign = createUrlSigner(settings.storage);
  const storage = createStorage(settings.storage, sign, {
    caFile: settings.caFile,
    // Addresses are dated by the store's clock, or a machine whose own is wrong would sign what is refused.
    onClockOffset: (offsetMs) => sign.setClockOffsetMs(offsetMs),
  });
  return { storage, settings };
}

/** One line: the word of `/health` first, then what to do. */
export function tellFailure({ reason, message }: MediaFailure, terminal: Terminal): void {
  terminal.note(printable(`${reason}: ${message}`));
}
