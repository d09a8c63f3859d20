import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '../../src/environment/read-settings.ts';
import type { Settings } from '../../src/environment/settings.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

type Env = Record<string, string | undefined>;

/** A configuration directory of its own, and what comes of an environment there. */
export interface SettingsBench {
  readonly dir: string;
  /** Throws with the problems where the environment is refused. */
  settingsOf(env: Env): Settings;
  problemsOf(env: Env): readonly string[];
  warningsOf(env: Env): readonly string[];
  writeDotenv(text: string): void;
  cleanup(): Promise<void>;
}

export function settingsBench(): SettingsBench {
  const { dir, cleanup } = makeWorkspace();
  return {
    dir,
    settingsOf: (env) => {
      const result = readSettings(env, dir);
      if (result.kind !== 'ok') throw new Error(result.problems.join('\n'));
      return result.settings;
    },
    problemsOf: (env) => {
      const result = readSettings(env, dir);
      return result.kind === 'invalid' ? result.problems : [];
    },
    warningsOf: (env) => {
      const result = readSettings(env, dir);
      return result.kind === 'ok' ? result.warnings : [];
    },
    writeDotenv: (text) => writeFileSync(join(dir, '.env'), text, { mode: 0o600 }),
    cleanup,
  };
}

/** An R2 bucket. */
export const R2 = {
  STORAGE_BUCKET: 'media',
  STORAGE_ACCESS_KEY_ID: 'access-id',
  STORAGE_SECRET_ACCESS_KEY: 'a-secret-access-key',
  STORAGE_ACCOUNT_ID: '0123abcd',
};
