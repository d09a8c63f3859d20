import type { StreamsHistory, UplinkRun } from '../model/run.ts';

/** How an uplink is doing, by what the ingest has acknowledged. */
export type UplinkHealth =
  | { readonly kind: 'connecting'; readonly forMs: number }
  | { readonly kind: 'live' }
  | { readonly kind: 'lagging'; readonly unackedMs: number }
  | { readonly kind: 'silent'; readonly forMs: number };

/** Unacknowledged for this long is worth telling. */
const LAGGING_AFTER_MS = 3_000;
const SILENT_AFTER_MS = 3_000;
/** The muxer lets nothing go while it waits for the other stream; an item that lacks one is replaced before this. */
const HELD_BACK_AFTER_MS = 6_000;

export function uplinkHealth(run: UplinkRun, nowMs: number): UplinkHealth {
  const { progress, sendQueue } = run;
  if (progress === null || progress.firstAtMs === null || progress.totalBytes === 0) {
    return { kind: 'connecting', forMs: nowMs - run.startedAtMs };
  }
  if (sendQueue.kind === 'known' && sendQueue.value.unackedMs >= LAGGING_AFTER_MS) {
    return { kind: 'lagging', unackedMs: sendQueue.value.unackedMs };
  }
  const silentMs = nowMs - progress.advancedAtMs;
  if (silentMs >= SILENT_AFTER_MS || sendQueue.kind !== 'known') return { kind: 'silent', forMs: silentMs };
  const heldBackMs = heldBackForMs(run.streams);
  return heldBackMs >= HELD_BACK_AFTER_MS ? { kind: 'silent', forMs: heldBackMs } : { kind: 'live' };
}

/** For how long it has told, up to its last word, that no byte left it, whatever it read meanwhile. */
function heldBackForMs(streams: StreamsHistory | null): number {
  const samples = streams?.samples ?? [];
  const last = samples.at(-1);
  const first = samples[samples.findLastIndex(({ sentBytes }) => sentBytes !== last?.sentBytes) + 1];
  return last === undefined || first === undefined ? 0 : last.atMs - first.atMs;
}
