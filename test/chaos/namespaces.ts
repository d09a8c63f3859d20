import { runTool, runToolOk } from '../fixtures/run-tool.ts';

/** Which part of the machine a scene has for itself; all that it changes there is gone with its last process. */
export type Namespace = 'net' | 'mount';

const unshared = (namespace: Namespace): readonly string[] => [
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  `--${namespace}`,
];
const PREPARED: Readonly<Record<Namespace, string>> = { net: 'ip link set lo up', mount: 'true' };

/** Whether this machine lets us make such a namespace and run this script in it. */
export async function canPrepare(namespace: Namespace, script: string): Promise<boolean> {
  const argv = [...unshared(namespace), 'sh', '-c', `${PREPARED[namespace]} && ${script}`];
  const result = await runTool('unshare', argv).catch(() => null);
  return result?.code === 0;
}

/**
 * Plays a scene, a program of ours, in such a namespace after this script; answers with its last line of stdout, which is
 * JSON. `through`: a command that is to run it there.
 */
export async function playIn<Result>(
  namespace: Namespace,
  script: string,
  scene: string,
  timeoutMs: number,
  through = '',
): Promise<Result> {
  const prepared = `${PREPARED[namespace]} && ${script} && exec ${through} "$@"`;
  const argv = [...unshared(namespace), 'sh', '-c', prepared, 'scene', process.execPath, scene];
  const { stdout } = await runToolOk('unshare', argv, { timeoutMs });
  return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '') as Result;
}
