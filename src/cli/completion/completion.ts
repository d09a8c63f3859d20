import { bashScript, fishScript, zshScript } from './scripts.ts';
import { type Command, EXIT, type Invocation, type Option, refuse } from '../command.ts';

const SCRIPTS: ReadonlyMap<string, typeof bashScript> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/** The command that prints the completion for a shell, made from this table of commands. */
export const completionOf = (commands: readonly Command[], options: Readonly<Record<string, Option>>) => ({
  run: async ({ args: [shell = ''], terminal }: Invocation): Promise<number> => {
    const script = SCRIPTS.get(shell);
    if (script === undefined)
      return refuse(terminal, `completion for which shell? accepted: ${[...SCRIPTS.keys()].join(', ')}`);
    terminal.out(script(commands, options));
    return EXIT.well;
  },
});
