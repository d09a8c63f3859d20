import { bashScript, fishScript, zshScript } from './scripts.ts';
import { COMMANDS, OPTIONS } from '../commands.ts';
import { EXIT, type Invocation } from '../command.ts';

const SCRIPTS: ReadonlyMap<string, typeof bashScript> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/** Prints the completion for a shell, made from the table of commands. */
export async function run({ args: [shell = ''], terminal }: Invocation): Promise<number> {
  const script = SCRIPTS.get(shell);
  if (script === undefined) {
    terminal.note(`completion for which shell? accepted: ${[...SCRIPTS.keys()].join(', ')}`);
    return EXIT.usage;
  }
  terminal.out(script(COMMANDS, OPTIONS));
  return EXIT.well;
}
