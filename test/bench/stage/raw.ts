import { type ChildProcess, spawn } from 'node:child_process';

/** What most run: FFmpeg paced by `-re`. `inputs`: with their options; `work`: what is done to them. */
export function startRaw(inputs: readonly string[], work: readonly string[], target: string): ChildProcess {
  return spawn('ffmpeg', rawArgs(inputs, work, target), { stdio: 'ignore' });
}

export const rawArgs = (inputs: readonly string[], work: readonly string[], target: string): readonly string[] => [
  ...['-nostdin', '-v', 'error', ...inputs, ...work],
  ...['-f', 'flv', target],
];

/** One address over and over, paced. */
export const looped = (url: string): readonly string[] => ['-re', '-stream_loop', '-1', '-i', url];

export const COPY = ['-c', 'copy'] as const;

/** Sends the signal and waits for the end. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}
