import { join } from 'node:path';
import { readDesiredSource } from '../desired/source.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import { SECRET_NAMES } from '../../environment/names.ts';
import { readSettings, type SettingsResult } from '../../environment/read-settings.ts';
import type { Settings } from '../../environment/settings.ts';
import { gatherSources, type Sources } from '../../environment/sources.ts';
import { askHealth, type HealthAnswer } from '../../health/client.ts';
import type { DesiredFile } from '../../reconcile/model/desired.ts';

/** What the checks have in common, found out once. */
export interface Situation {
  readonly env: NodeJS.ProcessEnv;
  readonly sources: Sources;
  readonly read: SettingsResult;
  /** null = the environment is malformed. */
  readonly settings: Settings | null;
  readonly stateDir: string;
  readonly desired: Promise<DesiredFile>;
  readonly health: Promise<HealthAnswer>;
  /** Secrets of the environment, `.env` and secret files, none of which may be printed. */
  readonly secrets: readonly string[];
}

export function takeSituation(env: NodeJS.ProcessEnv, cwd: string): Situation {
  const sources = gatherSources(env, cwd);
  const read = readSettings(env, cwd);
  const settings = read.kind === 'ok' ? read.settings : null;
  const found = findDaemon(env, cwd);
  return {
    env,
    sources,
    read,
    settings,
    stateDir: sources.pathOf('STREAM_STATE_DIR') ?? join(sources.configDir, 'state'),
    desired: readDesiredSource(undefined, env, cwd).then(({ file }) => file),
    health:
      found.kind === 'ok'
        ? askHealth(found.place)
        : Promise.resolve({ kind: 'silent', why: 'STREAM_CONTROLLER_HOST or STREAM_CONTROLLER_PORT is malformed' }),
    secrets: SECRET_NAMES.flatMap((name) => sources.values[name] ?? []),
  };
}
