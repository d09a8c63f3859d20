import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { OPTIONS } from './options.ts';

/** As typed, such as `--since 30d`. */
function callOf(name: string): string {
  const value = OPTIONS[name]?.value ?? null;
  return value === null ? `--${name}` : `--${name} ${value}`;
}

const CALL_COLUMNS = 28;

/** The text of `streamctl --help`. */
export function overview(): string {
  return `streamctl keeps one live stream on air as desired.yaml says, and tells how it is.

Usage: streamctl COMMAND [OPTIONS] [ARGUMENTS]

${listOf(COMMANDS)}

  -h, --help                  this text; after a command: its own
  --version                   the version

Exit codes: 0 well, 1 failed, 2 wrong use or invalid file.`;
}

/** The text of `streamctl GROUP --help`, of the commands whose first word is the same. */
export function helpOfGroup(group: string, commands: readonly Command[]): string {
  return `streamctl ${group}: what can be asked

${listOf(commands)}

streamctl ${group} COMMAND --help tells more of each.`;
}

function listOf(commands: readonly Command[]): string {
  const shown = commands.map(({ name, args, options, summary }) => {
    const full = [name, args.usage, ...options.map((option) => `[${callOf(option)}]`)];
    const all = full.filter((part) => part !== '').join(' ');
    // Many options are listed by the command's own help.
    const call =
      all.length < CALL_COLUMNS ? all : [name, args.usage, '[OPTIONS]'].filter((part) => part !== '').join(' ');
    return `  ${call.padEnd(CALL_COLUMNS)}${summary}`;
  });
  return shown.join('\n');
}

/** The text of `streamctl COMMAND --help`. */
export function helpOf(command: Command): string {
  const usage = ['streamctl', command.name, command.options.length > 0 ? '[OPTIONS]' : '', command.args.usage];
  const options = [...command.options, 'help'].map((name) => {
    const call = name === 'help' ? '-h, --help' : callOf(name);
    return [call, OPTIONS[name]?.help ?? ''] as const;
  });
  const columns = Math.max(14, ...options.map(([call]) => call.length + 2));
  return `streamctl ${command.name}: ${command.summary}

Usage: ${usage.filter((part) => part !== '').join(' ')}

${options.map(([call, help]) => `  ${call.padEnd(columns)}${help}`).join('\n')}

${command.help}`;
}
