import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDesired } from '../../observe/desired/parse.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { STATE_FILES } from '../../state/files.ts';

/** What should be, and where that is from. */
interface KnownSpec {
  readonly spec: DesiredSpec;
  readonly from: string;
}

/** From desired.yaml; where that is refused or missing, from the last one the daemon accepted; without any, the defaults. */
export function knownSpec(configDir: string, stateDir: string): KnownSpec {
  const places = [
    [join(configDir, 'desired.yaml'), 'desired.yaml'],
    [join(stateDir, STATE_FILES.lastGood), 'the last desired.yaml the daemon accepted'],
  ] as const;
  let refused = '';
  for (const [path, from] of places) {
    const file = parsedFile(path);
    if (file?.kind === 'ok') return { spec: file.spec, from: from + refused };
    if (file !== null) refused = ', since desired.yaml is refused; see streamctl validate';
  }
  const defaults = parseDesired(Buffer.from(DEFAULTS));
  if (defaults.kind !== 'ok') throw new Error('the defaults are not valid');
  return { spec: defaults.spec, from: `the defaults${refused || ', for want of a desired.yaml'}` };
}

/** What the daemon applies: the last file it accepted. */
export function acceptedSpec(configDir: string, stateDir: string): DesiredSpec {
  const last = parsedFile(join(stateDir, STATE_FILES.lastGood));
  return last?.kind === 'ok' ? last.spec : knownSpec(configDir, stateDir).spec;
}

/** The keys that have no default, as in the README's example. */
const DEFAULTS = 'running: true\nmedia: none\nbitrate: 3000k\n';

function parsedFile(path: string): ReturnType<typeof parseDesired> | null {
  try {
    return parseDesired(readFileSync(path));
  } catch {
    return null;
  }
}
