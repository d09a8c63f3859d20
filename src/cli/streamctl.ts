import { readCommandLine } from './command-line.ts';
import { EXIT, refuse } from './command.ts';
import { endQuietlyOnClosedPipe, openTerminal, type Terminal } from './terminal.ts';
import { errorMessage } from '../system/errors.ts';

/** The project brings Node 24 itself; this is for those who call another one by name. */
const OLDEST_NODE = 24;

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const { env } = process;
  const terminal = openTerminal(env);
  const tell = (error: unknown): number => tellBug(error, env['LOG_LEVEL'] === 'debug', terminal);
  try {
    if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE)
      return refuse(terminal, `Node ${process.versions.node} is too old: use "npx streamctl", which brings its own`);
    const line = readCommandLine(argv);
    // The daemon goes on when the reader of its log is gone, and has its own way to end.
    if (line.kind !== 'call' || line.command.name !== 'run') {
      endQuietlyOnClosedPipe();
      process.on('uncaughtException', (error) => process.exit(tell(error)));
    }
    switch (line.kind) {
      case 'wrong':
        return refuse(terminal, line.message);
      case 'text':
        terminal.out(line.text);
        return EXIT.well;
      case 'version': {
        const { VERSION } = await import('../system/version.ts');
        terminal.out(VERSION);
        return EXIT.well;
      }
      case 'call': {
        const command = await line.command.load();
        return await command.run({ options: line.options, args: line.args, env, cwd: process.cwd(), terminal });
      }
    }
  } catch (error) {
    return tell(error);
  }
}

/** One line; with LOG_LEVEL=debug also where the error came from. */
function tellBug(error: unknown, withStack: boolean, terminal: Terminal): number {
  const message = errorMessage(error);
  terminal.note(`internal error: ${message.split('\n', 1)[0] ?? ''}`);
  if (withStack && error instanceof Error) terminal.problem(error.stack ?? '');
  return EXIT.failed;
}
