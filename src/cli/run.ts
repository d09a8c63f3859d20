import { SignalInbox } from '../signals.ts';
import type { Invocation } from './commands.ts';

/** The daemon, until a signal or its own decision ends it. */
export async function run({ env, cwd }: Invocation): Promise<number> {
  const signals = new SignalInbox();
  const { runDaemon } = await import('../main.ts');
  return runDaemon(env, cwd, signals);
}
