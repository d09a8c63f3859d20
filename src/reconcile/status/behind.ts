import { sparingEncode } from '../memory/items.ts';
import type { Status } from '../model/status.ts';
import { type Pace, paceOf } from '../runs/pace.ts';
import type { World } from '../runs/world.ts';

/** The status while viewers fall behind the clock, with the cause; null = they do not. */
export function behindStatus({ uplink, holder }: World): Status | null {
  const pace = paceOf(uplink?.pace ?? null);
  const cause = pace?.heldBackBy ?? null;
  if (pace === null || cause === null) return null;
  if (cause === 'line') {
    const message = `the line to the ingest takes less than the stream has: ${paceText(pace)}; lower bitrate in desired.yaml, or see what else uses the line`;
    return { status: 'degraded', reason: 'UplinkTooThin', message };
  }
  const record = holder?.record;
  if (record?.kind === 'item' && (record.mode === 'copy' || cause === 'store')) {
    const message = `the store gives ${JSON.stringify(record.key)} slower than it plays: ${paceText(pace)}; check the network and the provider's limits`;
    return { status: 'degraded', reason: 'StorageSlow', message };
  }
  const instead = record?.kind === 'item' ? sparingEncode(record.key) : 'a lower resolution or fps needs less';
  const what = record?.kind === 'item' ? JSON.stringify(record.key) : 'what is on air';
  const message = `this machine encodes ${what} slower than it plays: ${paceText(pace)}; ${instead}`;
  return { status: 'degraded', reason: 'EncodeTooSlow', message };
}

const paceText = ({ perSecond, lagMs }: Pace): string => {
  const rate = perSecond === null ? '' : `${perSecond.toFixed(2)} s of programme a second, `;
  return `${rate}viewers are ${Math.round(Math.max(0, lagMs) / 1000)} s behind`;
};
