import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpOf, helpOfGroup, overview } from './help.ts';
import { nearestName } from '../text/nearest-name.ts';
import { printable } from '../text/terminal.ts';
import { OPTIONS } from './options.ts';

type CommandLine =
  | {
      readonly kind: 'call';
      readonly command: Command;
      readonly options: ReadonlyMap<string, string>;
      readonly args: readonly string[];
    }
  /** `--help`: the text is the whole answer. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'version' }
  /** One line: what is wrong and what is accepted. */
  | { readonly kind: 'wrong'; readonly message: string };

/** What the words after the program's name ask for. Options may stand anywhere; `--` ends them. */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const { tokens } = parseArgs({ args: [...argv], options: PARSED, strict: false, tokens: true });
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const options = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
  const names = new Set(options.map(({ name }) => name));
  const found = commandOf(words);
  if (found.kind === 'none') {
    if (names.has('version')) return { kind: 'version' };
    const unknown = unknownOption(options, null);
    if (unknown !== null) return wrong(unknown);
    if (names.has('help')) return { kind: 'text', text: overview() };
    return wrong('which command? streamctl --help lists them');
  }
  if (found.kind === 'group') {
    const { name, commands } = found;
    if (names.has('help')) return { kind: 'text', text: helpOfGroup(name, commands) };
    return wrong(`${name} what? accepted: ${commands.map((command) => command.name).join(', ')}`);
  }
  if (found.kind === 'wrong') return wrong(found.message);
  const { command, args } = found;
  const unknown = unknownOption(options, command);
  if (unknown !== null) return wrong(unknown);
  if (names.has('help')) return { kind: 'text', text: helpOf(command) };
  if (names.has('version')) return { kind: 'version' };
  const { least, most, usage } = command.args;
  if (args.length < least) return wrong(`${command.name} wants ${usage}; see streamctl ${command.name} --help`);
  if (args.length > most) {
    const accepted = most === 0 ? 'takes no arguments' : `takes one argument, ${usage.replace(/[[\]]/g, '')}`;
    return wrong(`${command.name} ${accepted}; found also ${quoted(args[most] ?? '')}`);
  }
  const given = new Map(options.map(({ name, value }) => [name, value ?? '']));
  return { kind: 'call', command, options: given, args };
}

const PARSED = Object.fromEntries(
  Object.entries(OPTIONS).map(([name, { value }]) => [
    name,
    {
      type: value === null ? ('boolean' as const) : ('string' as const),
      ...(name === 'help' ? { short: 'h' } : {}),
    },
  ]),
);

const wrong = (message: string): CommandLine => ({ kind: 'wrong', message });

type Found =
  | { readonly kind: 'found'; readonly command: Command; readonly args: readonly string[] }
  | { readonly kind: 'none' }
  /** The first word of several commands, alone. */
  | { readonly kind: 'group'; readonly name: string; readonly commands: readonly Command[] }
  | { readonly kind: 'wrong'; readonly message: string };

function commandOf(words: readonly string[]): Found {
  const [first, second] = words;
  if (first === undefined) return { kind: 'none' };
  const one = COMMANDS.find(({ name }) => name === first);
  if (one !== undefined) return { kind: 'found', command: one, args: words.slice(1) };
  const two = COMMANDS.find(({ name }) => name === `${first} ${second ?? ''}`);
  if (two !== undefined) return { kind: 'found', command: two, args: words.slice(2) };
  const inGroup = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (inGroup.length > 0 && second === undefined) return { kind: 'group', name: first, commands: inGroup };
  const asked = inGroup.length > 0 ? `${first} ${second ?? ''}` : first;
  const candidates = inGroup.length > 0 ? inGroup.map(({ name }) => name) : firstWords();
  return { kind: 'wrong', message: unknownText('command', asked, nearestName(asked, candidates)) };
}

const firstWords = (): Set<string> => new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? name));

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

/** The first option that is not accepted here; null = all are. */
function unknownOption(options: readonly OptionToken[], command: Command | null): string | null {
  const accepted = [...(command?.options ?? []), 'help', 'version'];
  for (const { name, rawName, value } of options) {
    if (!accepted.includes(name)) {
      const nearest = nearestName(name, accepted);
      const where = command !== null && name in OPTIONS ? ` of ${command.name}` : '';
      return unknownText(`option${where}`, rawName, nearest === null ? null : `--${nearest}`);
    }
    const wanted = OPTIONS[name]?.value ?? null;
    if (wanted === null && value !== undefined) return `${rawName} takes no value; found ${quoted(value)}`;
    if (wanted !== null && (value ?? '') === '') return `${rawName} wants ${wanted}`;
  }
  return null;
}

function unknownText(kind: string, found: string, nearest: string | null): string {
  const hint = nearest === null ? 'streamctl --help lists what there is' : `did you mean ${nearest}?`;
  return `unknown ${kind} ${quoted(found)}; ${hint}`;
}

const quoted = (text: string): string => printable(JSON.stringify(text.slice(0, 60)));
