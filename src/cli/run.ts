import type { Invocation } from './command.ts';
import { liveUnderInit } from '../daemon/init.ts';
import { SignalInbox } from '../daemon/signals.ts';

/** The daemon, until a signal or its own decision ends it. */
export async function run({ options, env, cwd }: Invocation): Promise<number> {
  if (!options.has('check')) liveUnderInit();
  const signals = new SignalInbox();
  const { verifyEnvironment, runDaemon } = await import('../daemon/start.ts');
  return options.has('check') ? verifyEnvironment(env, cwd) : runDaemon(env, cwd, signals);
}
