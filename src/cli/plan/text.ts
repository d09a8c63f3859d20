import type { PlannedItem, PlannedItems } from './items.ts';
import { effectText, type OnAir, type SessionFate, type SpecDiff } from './spec-diff.ts';
import type { LivingRuns } from '../status/living-runs.ts';
import type { HealthAnswer } from '../../health/client.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { printable, wrapped } from '../../text/terminal.ts';

/** The last file the daemon took. */
export type Accepted =
  | { readonly kind: 'ok'; readonly hash: string; readonly spec: DesiredSpec }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** A file against what is applied, with all that has a bearing on it. */
export interface Comparison {
  readonly name: string;
  readonly hash: string;
  readonly accepted: Accepted;
  readonly answer: HealthAnswer;
  /** Set when no daemon answers. */
  readonly remains: LivingRuns | null;
  readonly onAir: OnAir;
  readonly diff: SpecDiff;
  /** How the items of the file would go on air; null = no store is configured. */
  readonly items: PlannedItems | null;
  /** It describes a broadcast, and nobody has logged in at YouTube. */
  readonly needsLogin: boolean;
}

/** The comparison for people; `width` null = do not wrap. */
export function comparisonLines(comparison: Comparison, width: number | null): string[] {
  const { name, hash, accepted, diff } = comparison;
  const than = accepted.kind === 'ok' ? `the accepted ${accepted.hash}` : 'nothing';
  const lines: string[] = [];
  const add = (text: string, indent = 0): void => {
    const margin = ' '.repeat(indent);
    const pieces = width === null ? [text] : wrapped(text, Math.max(width, 40) - indent);
    lines.push(...pieces.map((piece) => margin + piece));
  };
  if (diff.changes.length === 0) {
    const isSame = accepted.kind === 'ok' && accepted.hash === hash;
    const what = isSame ? 'is the accepted file' : `says the same as ${than} in other words`;
    add(`nothing would change: ${name} ${hash} ${what}`);
  } else {
    add(`${name} ${hash} compared with ${than}:`);
    for (const { field, from, to, effect, why } of diff.changes) {
      if (from !== null || effect !== 'none') lines.push('');
      add(`${field.padEnd(15)}${from === null ? '' : `${from} -> `}${to}`, 2);
      // Where nothing was applied before, every key is new: that needs no line each.
      if (from === null && effect === 'none') continue;
      add(`${effectText(effect)}${why === '' ? '' : `: ${printable(why)}`}`, 17);
    }
    lines.push('');
    add(SESSION_TEXT[diff.session]);
  }
  if (comparison.items !== null && comparison.items.items.length > 0) lines.push('', ...itemLines(comparison.items));
  for (const note of notesOf(comparison)) add(`note: ${note}`);
  return lines;
}

function wordFor(item: PlannedItem): string {
  if (item.mode === 'unknown') return 'not known';
  if (item.mode === 'copy') return 'copied';
  return item.picture === 'copy' ? 'sound encoded' : 'transcoded';
}

/** Which items are copied and which are encoded while on air, and why. */
function itemLines({ items, total }: PlannedItems): string[] {
  const lines = items.map((item) => {
    const why = item.mode === 'unknown' ? item.why : item.reasons.join('; ');
    return printable(`  ${wordFor(item).padEnd(15)}${item.key}${why === '' ? '' : `: ${why}`}`);
  });
  const more = (total ?? items.length) - items.length;
  if (more > 0) lines.push(`  ${''.padEnd(15)}… ${more} more, not looked at`);
  if (items.some((item) => item.mode !== 'unknown' && item.picture === 'transcode')) {
    lines.push('streamctl media inspect KEY tells what encoding costs, streamctl media prepare KEY spares it.');
  }
  return lines;
}

const SESSION_TEXT: Readonly<Record<SessionFate, string>> = {
  survives: 'The RTMP session survives.',
  renewed: 'The RTMP session does not survive: a new one is opened, at most 3 s off air.',
  begins: 'A new RTMP session begins.',
  ends: 'The RTMP session ends: the stream goes off air.',
  none: 'Off air before and after.',
};

/** What makes the comparison less than certain, one sentence each. */
export function notesOf(comparison: Comparison): string[] {
  const { accepted, answer, remains, hash } = comparison;
  const notes: string[] = [];
  if (comparison.items?.trouble) {
    notes.push(printable(`which items are copied and which are encoded is not all known: ${comparison.items.trouble}`));
  }
  if (comparison.needsLogin) {
    notes.push('broadcast needs a login, or nothing is done at YouTube: run streamctl youtube login');
  }
  if (accepted.kind === 'none') notes.push('the daemon has not accepted any file yet');
  if (accepted.kind === 'unreadable') notes.push(accepted.why);
  if (answer.kind === 'silent') {
    notes.push(`${answer.why}: compared with what was accepted last, and applied once a daemon runs`);
    if (remains !== null) notes.push(remains.message);
  }
  if (answer.kind !== 'report') return notes;
  const { desired, applied, status, reason, message, uplink } = answer.report;
  const takenHash = accepted.kind === 'ok' ? accepted.hash : null;
  if (desired.file === 'invalid' && desired.hash !== hash)
    notes.push('the desired.yaml in place is refused at the moment; see streamctl validate');
  if (desired.file === 'missing') notes.push('there is no desired.yaml in place at the moment');
  if (desired.hash === hash && takenHash !== hash)
    notes.push('the daemon sees this very file, and is about to take it over');
  if (takenHash !== null && applied.hash !== takenHash) {
    notes.push(printable(`the accepted file ${takenHash} is not fully on air yet: ${status} ${reason}: ${message}`));
  } else if (uplink === null && accepted.kind === 'ok' && accepted.spec.running) {
    notes.push(printable(`no RTMP session is up at the moment: ${status} ${reason}: ${message}`));
  }
  return notes;
}
