import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { askProgram, findProgram } from '../../../system/programs.ts';

/** A unit of ours that systemd knows. */
interface InstalledUnit {
  readonly name: string;
  readonly path: string;
  /** The file and the checkout's are the same; null = the checkout has none of this name. */
  readonly inStep: boolean | null;
  /** systemd holds an older text than the file's; null = it was not asked. */
  readonly needsReload: boolean | null;
  /** Started at boot; null = it was not asked, or a template. */
  readonly enabled: boolean | null;
}

const UNIT_DIRS = ['/etc/systemd/system', '/usr/local/lib/systemd/system'];
const PLAIN = 'stream-controller.service';
/** Not started at boot unless the operator lets the configuration follow a git branch. */
const BY_CHOICE = 'stream-controller-pull.timer';
const INSTANCE = /^stream-controller@.+\.service$/;
const OURS = /^stream-controller[\w@-]*\.(?:service|timer|socket|path)$/;

export async function checkUnits({ env }: Situation, signal: AbortSignal): Promise<readonly Finding[]> {
  const checkout = unitsOfCheckout(import.meta.dirname);
  const systemctl = findProgram('systemctl', env['PATH'] ?? '');
  return judgeUnits(await gatherUnits(UNIT_DIRS, checkout, systemctl, signal), checkout);
}

/** `systemctl`: its path; null = systemd is not asked. */
export async function gatherUnits(
  dirs: readonly string[],
  checkout: string | null,
  systemctl: string | null,
  signal: AbortSignal,
): Promise<readonly InstalledUnit[]> {
  const found = dirs.flatMap((dir) => unitsIn(dir).map((name) => ({ name, path: join(dir, name) })));
  // Where every channel is an instance of the template, the plain unit is not needed.
  const hasInstances = dirs.some((dir) =>
    unitsIn(join(dir, 'multi-user.target.wants')).some((name) => INSTANCE.test(name)),
  );
  return Promise.all(
    found.map(async ({ name, path }) => ({
      name,
      path,
      inStep: checkout === null ? null : sameText(path, join(checkout, name)),
      ...(await stateOf(name, systemctl, signal)),
      ...((hasInstances && name === PLAIN) || name === BY_CHOICE ? { enabled: null } : {}),
    })),
  );
}

async function stateOf(
  name: string,
  systemctl: string | null,
  signal: AbortSignal,
): Promise<Pick<InstalledUnit, 'needsReload' | 'enabled'>> {
  if (systemctl === null || name.includes('@.')) return { needsReload: null, enabled: null };
  const { stdout } = await askProgram(systemctl, ['show', '--property=NeedDaemonReload,UnitFileState', name], signal);
  const value = (key: string): string | null => new RegExp(`^${key}=(.+)$`, 'm').exec(stdout)?.[1] ?? null;
  const [reload, state] = [value('NeedDaemonReload'), value('UnitFileState')];
  return {
    needsReload: reload === null ? null : reload === 'yes',
    enabled: state === null ? null : state !== 'disabled',
  };
}

/** `checkout`: where its units are; null = this copy came without them. */
export function judgeUnits(units: readonly InstalledUnit[], checkout: string | null): readonly Finding[] {
  const check = 'systemd';
  if (units.length === 0) return [ok(check, 'no unit of ours is installed')];
  const findings = units.flatMap(({ name, path, inStep, needsReload, enabled }): readonly Finding[] => [
    ...(inStep === false && checkout !== null ? [judgeCopy(name, path, join(checkout, name))] : []),
    ...(needsReload === true
      ? [warning(check, `${name} was changed since systemd read it`, 'systemctl daemon-reload')]
      : []),
    ...(enabled === false ? [warning(check, `${name} is not started at boot`, `systemctl enable ${name}`)] : []),
  ]);
  if (findings.length > 0) return findings;
  const names = units.map(({ name }) => name).join(', ');
  return checkout === null
    ? [unknown(check, `${names}: nothing to compare with came with this copy`)]
    : [ok(check, `${names}: as in the checkout`)];
}

function judgeCopy(name: string, path: string, original: string): Finding {
  const copy = `install -m 0644 ${original} ${path} && systemctl daemon-reload`;
  const remedy = `keep changes of your own in a drop-in (systemctl edit ${name}), then: ${copy}`;
  return warning('systemd', `${path} is not ${original}`, remedy);
}

/** `deploy/systemd` of the checkout this program is in; null = it is in none. */
export function unitsOfCheckout(from: string): string | null {
  for (let dir = from, level = 0; level < 5 && dir !== dirname(dir); dir = dirname(dir), level += 1) {
    const units = join(dir, 'deploy/systemd');
    if (existsSync(join(dir, 'package.json')) && existsSync(units)) return units;
  }
  return null;
}

function unitsIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
      .filter((name) => OURS.test(name))
      .sort();
  } catch {
    return [];
  }
}

function sameText(path: string, other: string): boolean | null {
  try {
    if (!existsSync(other)) return null;
    return readFileSync(path, 'utf8') === readFileSync(other, 'utf8');
  } catch {
    return null;
  }
}
