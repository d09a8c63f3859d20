/** Where the commands write to, and what is known of it. */
export interface Terminal {
  /** Lines for people or programs, on stdout. */
  readonly out: (text: string) => void;
  /** Notes and complaints, on stderr; each is one line that begins with the program's name. */
  readonly note: (text: string) => void;
  /** Problems that begin with a place (`desired.yaml:3:1: …`) instead, on stderr. */
  readonly problem: (text: string) => void;
  readonly isInteractive: boolean;
  readonly colour: boolean;
  /** Columns and rows, as of now. */
  readonly size: () => { readonly columns: number; readonly rows: number };
}

/** The process's own streams. A reader that goes away (`| head`) ends the program quietly. */
export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  const { stdout, stderr } = process;
  const isInteractive = stdout.isTTY === true;
  const noColour = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`streamctl: ${text}\n`),
    problem: (text) => void stderr.write(`${text}\n`),
    isInteractive,
    colour: isInteractive && !noColour && env['TERM'] !== 'dumb',
    size: () => ({ columns: stdout.columns ?? 100, rows: stdout.rows ?? 50 }),
  };
}

/** Call once: writing to a closed pipe is no error of ours. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? 0 : 1);
    });
  }
}
