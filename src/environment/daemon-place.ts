import { gatherSources } from './sources.ts';

/** Where the daemon of this configuration answers, and where its state lies. */
export interface DaemonPlace {
  readonly host: string;
  readonly port: number;
  readonly configDir: string;
  readonly stateDir: string;
  readonly warnings: readonly string[];
}

type PlaceResult =
  { readonly kind: 'ok'; readonly place: DaemonPlace } | { readonly kind: 'wrong'; readonly message: string };

/** From the environment and `.env`. Settings of storage and ingest may be malformed, as a question to the daemon needs none. */
export function findDaemon(env: NodeJS.ProcessEnv, cwd: string): PlaceResult {
  const sources = gatherSources(env, cwd);
  const { configDir, values, warnings } = sources;
  const port = values['STREAM_CONTROLLER_PORT'] ?? '8000';
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return { kind: 'wrong', message: 'STREAM_CONTROLLER_PORT: accepted: a port from 1 to 65535' };
  }
  const listens = values['STREAM_CONTROLLER_HOST'] ?? '127.0.0.1';
  if (!/^[A-Za-z0-9._:-]{1,255}$/.test(listens)) {
    return { kind: 'wrong', message: 'STREAM_CONTROLLER_HOST: accepted: a host name or IP address' };
  }
  const host = LOOPBACK[listens] ?? listens;
  const stateDir = sources.pathOf('STREAM_STATE_DIR') ?? `${configDir}/state`;
  return { kind: 'ok', place: { host, port: Number(port), configDir, stateDir, warnings } };
}

/** A daemon that listens on all addresses is asked on this one. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
