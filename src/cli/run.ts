import type { Invocation } from './commands.ts';

/** The daemon, until a signal or its own decision ends it. */
export async function run({ env, cwd }: Invocation): Promise<number> {
  const { runDaemon } = await import('../main.ts');
  return runDaemon(env, cwd);
}
