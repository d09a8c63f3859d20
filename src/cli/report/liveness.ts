import { findLivingRuns } from '../status/living-runs.ts';
import type { DaemonPlace } from '../../environment/daemon-place.ts';
import { askHealth } from '../../health/client.ts';
import type { HistoryLine } from '../../history/line.ts';
import { lastUplinkProgressMs } from '../../observe/runs/run-files.ts';
import { readLastWord } from '../../state/last-word.ts';

/** The end of a stretch that no off-air line has ended: now where a daemon answers or its uplink lives, else the last sign of life. */
export async function openUntil(place: DaemonPlace, lines: readonly HistoryLine[], nowMs: number): Promise<number> {
  const last = lines.at(-1);
  if (last === undefined || last.event === 'off-air') return nowMs;
  const answer = await askHealth(place);
  if (answer.kind === 'report') return nowMs;
  const remains = findLivingRuns(place.stateDir, nowMs);
  if (remains.uplink !== null && !remains.uplink.frozen) return nowMs;
  const signs = [Date.parse(last.at), lastUplinkProgressMs(place.stateDir), lastLookMs(place.stateDir)];
  return Math.min(nowMs, Math.max(...signs.filter((ms) => ms !== null)));
}

/** When the daemon last looked and found it on air; null = not known. */
function lastLookMs(stateDir: string): number | null {
  const { status, lastHealthCheck } = readLastWord(stateDir);
  const atMs = Date.parse(lastHealthCheck ?? '');
  return (status === 'live' || status === 'degraded') && !Number.isNaN(atMs) ? atMs : null;
}
