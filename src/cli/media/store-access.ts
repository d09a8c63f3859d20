import type { Terminal } from '../terminal.ts';
import type { Settings } from '../../environment/settings.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { openStore } from '../../store/drivers.ts';
import type { Storage } from '../../store/port.ts';
import { type Invocation, fail } from '../command.ts';
import { settingsFor } from '../settings.ts';

/** The configured store; null when the environment is malformed, which is told on stderr. */
export function openStorage(invocation: Invocation): { readonly storage: Storage; readonly settings: Settings } | null {
  const settings = settingsFor(invocation);
  return settings === null ? null : { storage: openStore(settings.storage, settings.caFile), settings };
}

/** One line: the word of `/health` first, then what to do; gives the exit code. */
export const tellFailure = ({ reason, message }: MediaFailure, terminal: Terminal): number =>
  fail(terminal, `${reason}: ${message}`);
