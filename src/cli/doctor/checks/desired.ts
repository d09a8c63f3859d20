import { failed, type Finding, ok } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { formatProblem } from '../../../observe/desired/parse.ts';

export async function checkDesired({ desired }: Situation): Promise<readonly Finding[]> {
  const file = await desired;
  const check = 'desired';
  switch (file.kind) {
    case 'missing':
      return [failed(check, `desired.yaml ${file.message}`, 'write one, see README.md; or set STREAM_CONFIG_DIR')];
    case 'invalid': {
      const [first] = file.problems;
      const more = file.problems.length > 1 ? `, and ${String(file.problems.length - 1)} more` : '';
      const text = first === undefined ? 'desired.yaml is refused' : formatProblem('desired.yaml', first);
      return [failed(check, `${text}${more}`, 'streamctl validate shows every problem')];
    }
    case 'ok':
      return [ok(check, `valid (${file.hash})${file.spec.recycle === null ? NEVER_ENDS : ''}`)];
  }
}

const NEVER_ENDS = '; without recycle no broadcast ends by itself before 12 h, and its hours do not count';
