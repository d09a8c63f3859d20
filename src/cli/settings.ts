import type { Invocation } from './command.ts';
import { readSettings } from '../environment/read-settings.ts';
import type { Settings } from '../environment/settings.ts';

/** The settings of the environment; null when it is malformed. What is wrong or odd in it is told on stderr. */
export function settingsFor({ env, cwd, terminal }: Invocation): Settings | null {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') {
    for (const problem of read.problems) terminal.note(problem);
    return null;
  }
  for (const warning of read.warnings) terminal.note(`warning: ${warning}`);
  return read.settings;
}
