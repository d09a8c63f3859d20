import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDesired } from '../../observe/desired/parse.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { STATE_FILES } from '../../state/files.ts';

/** What is wished, and where that is from. */
interface KnownSpec {
  readonly spec: DesiredSpec;
  readonly from: string;
  /** The wish names media; otherwise nothing but the defaults is known. */
  readonly isReal: boolean;
}

/** By desired.yaml; where that is refused by the last one the daemon accepted; without any by the defaults. */
export function knownSpec(configDir: string, stateDir: string): KnownSpec {
  const places = [
    [join(configDir, 'desired.yaml'), 'desired.yaml'],
    [join(stateDir, STATE_FILES.lastGood), 'the last desired.yaml the daemon accepted'],
  ] as const;
  let refused = '';
  for (const [path, from] of places) {
    const file = parsedFile(path);
    if (file?.kind === 'ok') return { spec: file.spec, from: from + refused, isReal: true };
    if (file !== null) refused = ', since desired.yaml is refused; see streamctl validate';
  }
  const defaults = parseDesired(Buffer.from(DEFAULTS));
  if (defaults.kind !== 'ok') throw new Error('the defaults are not valid');
  return { spec: defaults.spec, from: `the defaults${refused || ', for want of a desired.yaml'}`, isReal: false };
}

/** What the daemon goes by: the last file it accepted. */
export function acceptedSpec(configDir: string, stateDir: string): DesiredSpec {
  const last = parsedFile(join(stateDir, STATE_FILES.lastGood));
  return last?.kind === 'ok' ? last.spec : knownSpec(configDir, stateDir).spec;
}

/** What has no default in the file: as in the example of the README. */
const DEFAULTS = 'running: true\nmedia: none\nbitrate: 3000k\n';

function parsedFile(path: string): ReturnType<typeof parseDesired> | null {
  try {
    return parseDesired(readFileSync(path));
  } catch {
    return null;
  }
}
