import type { StreamsHistory, UplinkRun } from '../model/run.ts';

/** How an uplink is doing, by what the ingest has acknowledged. */
export type UplinkHealth =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'lagging'; readonly unackedMs: number }
  | { readonly kind: 'silent'; readonly forMs: number };

/** Nothing acknowledged for this long. */
const LAGGING_AFTER_MS = 3_000;
/** No growth of the progress file for this long. */
const SILENT_AFTER_MS = 3_000;
/** The FLV muxer puts nothing out while it waits for the other stream; an item that lacks one is replaced before this. */
const HELD_BACK_AFTER_MS = 6_000;

export function uplinkHealth(run: UplinkRun, nowMs: number): UplinkHealth {
  const { progress, sendQueue } = run;
  if (progress === null || progress.firstAtMs === null || progress.totalBytes === 0) {
    return { kind: 'connecting' };
  }
  if (sendQueue.kind === 'known' && sendQueue.value.unackedMs >= LAGGING_AFTER_MS) {
    return { kind: 'lagging', unackedMs: sendQueue.value.unackedMs };
  }
  const silentMs = nowMs - progress.advancedAtMs;
  if (silentMs >= SILENT_AFTER_MS || sendQueue.kind !== 'known') return { kind: 'silent', forMs: silentMs };
  const heldBackMs = heldBackForMs(run.streams);
  return heldBackMs >= HELD_BACK_AFTER_MS ? { kind: 'silent', forMs: heldBackMs } : { kind: 'live' };
}

/** For how long, up to the last sample, the uplink's muxer has put no byte out. */
function heldBackForMs(streams: StreamsHistory | null): number {
  const samples = streams?.samples ?? [];
  const last = samples.at(-1);
  const first = samples[samples.findLastIndex(({ sentBytes }) => sentBytes !== last?.sentBytes) + 1];
  return last === undefined || first === undefined ? 0 : last.atMs - first.atMs;
}
