import { fetched, type MediaTables } from '../model/observation.ts';
import { type DesiredSpec, isNamed } from '../model/desired.ts';
import type { Action } from '../model/plan.ts';
import type { Condition } from '../model/status.ts';
import type { PlayoutRun } from '../model/run.ts';
import { factsAsSent } from '../playout/as-sent.ts';
import { houseFormat } from '../playout/house-format.ts';

/** Corrects facts by the packets that playouts have sent. An item that should not have been copied is then replaced by its encode. */
export const mendFacts = (
  playouts: readonly PlayoutRun[],
  { facts: known }: MediaTables,
  spec: DesiredSpec,
): readonly Action[] =>
  playouts.flatMap(({ record, sent }): readonly Action[] => {
    if (record?.kind !== 'item' || sent === null) return [];
    const facts = fetched(known, record.key);
    if (facts.kind !== 'ok' || facts.value.version !== record.version) return [];
    const mended = factsAsSent(facts.value, sent, record, houseFormat(spec), spec.encode);
    return mended === null ? [] : [{ kind: 'mendFacts', facts: mended }];
  });

/** Names the items that are encoded because of what they sent on air; empty where there are none. */
export function contradictedConditions({ media: named }: DesiredSpec, { facts }: MediaTables): readonly Condition[] {
  const told: string[] = [];
  for (const [key, known] of facts) {
    if (known.kind !== 'ok' || known.value.contradicted === undefined) continue;
    if (isNamed(named, key)) told.push(`${JSON.stringify(key)}: ${known.value.contradicted}`);
  }
  if (told.length === 0) return [];
  const more = told.length > MOST_NAMED ? `; and ${told.length - MOST_NAMED} more` : '';
  const message = `encoded, as on air it turned out to be other than where it had been looked at: ${told.slice(0, MOST_NAMED).join('; ')}${more}; streamctl media prepare makes a file that is copied`;
  return [{ type: 'MediaAsInspected', status: 'False', reason: 'MediaContradicted', message }];
}

const MOST_NAMED = 8;
