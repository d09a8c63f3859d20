import type { Terminal } from './terminal.ts';
import { printable } from '../text/terminal.ts';

/** What a command is called with. */
export interface Invocation {
  /** By name, without dashes; the empty text for one that takes no value. */
  readonly options: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly terminal: Terminal;
}

/** Exit codes of the contract. */
export const EXIT = { well: 0, failed: 1, usage: 2 } as const;

/** Says in one line on stderr why a command fails; gives its exit code. */
export function fail(terminal: Terminal, why: string): number {
  terminal.note(printable(why));
  return EXIT.failed;
}

/** Says in one line on stderr what is wrong with the call, the environment or a file; gives the exit code. */
export function refuse(terminal: Terminal, why: string): number {
  terminal.note(printable(why));
  return EXIT.usage;
}

export interface Command {
  /** As typed, such as `media ls`. */
  readonly name: string;
  readonly summary: string;
  /** Names of its options, without dashes. */
  readonly options: readonly string[];
  readonly args: { readonly usage: string; readonly least: number; readonly most: number };
  /** What `--help` says beyond usage and options. */
  readonly help: string;
  /** Loaded when it is called, so that a quick question does not wait for the slowest library. */
  readonly load: () => Promise<{ readonly run: (invocation: Invocation) => Promise<number> }>;
}

export interface Option {
  /** How its value is called in help; null = it takes none. */
  readonly value: string | null;
  readonly help: string;
}
