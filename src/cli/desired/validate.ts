import { EXIT, type Invocation } from '../command.ts';
import { type DesiredSource, readDesiredSource } from './source.ts';
import type { Terminal } from '../terminal.ts';
import { formatProblem } from '../../observe/desired/parse.ts';

/** Checks the file; every problem by its place. */
export async function run({ options, args, env, cwd, terminal }: Invocation): Promise<number> {
  const source = await readDesiredSource(args[0], env, cwd);
  const { name, file } = source;
  if (options.has('json')) terminal.out(JSON.stringify(validationJson(source), null, 2));
  else if (file.kind === 'ok') terminal.out(`${name} is valid (${file.hash})`);
  else tellProblems(source, terminal);
  return file.kind === 'ok' ? EXIT.well : EXIT.usage;
}

/** What is wrong with a file, on stderr, in the form editors can jump to. Nothing for a valid one. */
export function tellProblems({ name, file }: DesiredSource, terminal: Terminal): void {
  if (file.kind === 'missing') terminal.note(`${name} ${file.message}`);
  if (file.kind === 'invalid') for (const problem of file.problems) terminal.problem(formatProblem(name, problem));
}

/** The same for programs. */
export function validationJson({ name, file }: DesiredSource): object {
  switch (file.kind) {
    case 'ok':
      return { file: name, valid: true, hash: file.hash, problems: [] };
    case 'invalid':
      return { file: name, valid: false, hash: file.hash, problems: file.problems };
    case 'missing':
      return { file: name, valid: false, hash: null, problems: [{ line: 1, column: 1, message: file.message }] };
  }
}
