import { runTool, runToolOk } from '../fixtures/run-tool.ts';

/** A network of its own, which is gone with the last process in it. */
const namespace = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Whether this machine lets us make a network namespace and run this script in it. */
export async function canInNetwork(script: string): Promise<boolean> {
  const result = await runTool('unshare', [...namespace, 'sh', '-c', `ip link set lo up && ${script}`]).catch(
    () => null,
  );
  return result?.code === 0;
}

/** Plays a scene, a program of ours, in a network of its own; answers with its last line of stdout, which is JSON. */
export async function playInNetwork<Result>(scene: string, timeoutMs: number): Promise<Result> {
  const script = 'ip link set lo up && exec "$@"';
  const argv = [...namespace, 'sh', '-c', script, 'scene', process.execPath, scene];
  const { stdout } = await runToolOk('unshare', argv, { timeoutMs });
  return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '') as Result;
}
