import { join } from 'node:path';
import type { OnAir } from './spec-diff.ts';
import { type LivingRuns, runOnAir } from '../status/living-runs.ts';
import type { HealthAnswer } from '../../health/client.ts';
import { openProbeCache } from '../../observe/probe/cache.ts';
import { parseRunRecord } from '../../observe/runs/record.ts';
import { STATE_FILES } from '../../state/files.ts';

/** What is on air: by the record of its process, with the facts that the daemon has cached; else by `/health`. */
export async function findOnAir(stateDir: string, answer: HealthAnswer, remains: LivingRuns | null): Promise<OnAir> {
  const record = parseRunRecord(runOnAir(stateDir)?.recordText ?? null);
  if (record?.kind === 'slate') return { kind: 'slate' };
  if (record?.kind === 'item') {
    const { key, version, mode } = record;
    const cache = await openProbeCache(join(stateDir, STATE_FILES.probes), () => undefined);
    return { kind: 'item', key, mode, facts: cache.get(key, version) };
  }
  if (remains?.isEmpty === true) return { kind: 'nothing' };
  if (answer.kind !== 'report') return { kind: 'unknown' };
  const { uplink, playout } = answer.report;
  if (playout === null) return { kind: uplink === null ? 'nothing' : 'unknown' };
  return playout.item === null
    ? { kind: 'slate' }
    : { kind: 'item', key: playout.item, mode: playout.mode, facts: null };
}
