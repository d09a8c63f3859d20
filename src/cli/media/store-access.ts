import type { Invocation } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { readSettings } from '../../environment/read-settings.ts';
import type { Settings } from '../../environment/settings.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { createStorage, createUrlSigner } from '../../store/drivers.ts';
import type { Storage } from '../../store/port.ts';
import { printable } from '../../text/terminal.ts';

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
  return { storage: connectStore(settings), settings };
}

/** The store of these settings; listings are cut at `maxObjects` where that is given. */
export function connectStore(settings: Settings, maxObjects?: number): Storage {
  const sign = createUrlSigner(settings.storage);
  return createStorage(settings.storage, sign, {
    caFile: settings.caFile,
    // Addresses are dated by the store's clock, or a machine whose own is wrong would sign what is refused.
    onClockOffset: (offsetMs) => sign.setClockOffsetMs(offsetMs),
    ...(maxObjects === undefined ? {} : { maxObjects }),
  });
}

/** One line: the word of `/health` first, then what to do. */
export function tellFailure({ reason, message }: MediaFailure, terminal: Terminal): void {
  terminal.note(printable(`${reason}: ${message}`));
}
