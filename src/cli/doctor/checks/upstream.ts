import { setTimeout as sleep } from 'node:timers/promises';
import { type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { findLivingRuns } from '../../status/living-runs.ts';
import { type Delivered, readDelivered } from '../../../observe/processes/delivered.ts';
import { readSendQueue } from '../../../observe/processes/send-queue.ts';
import { HOUSE_AUDIO } from '../../../reconcile/playout/house-format.ts';

interface UpstreamFacts {
  /** Video bitrate wished; null = no valid file. */
  readonly bitrateKbps: number | null;
  readonly uplink: 'none' | 'unseen' | 'seen';
  /** Bytes that wait to be sent or acknowledged, look after look. */
  readonly queues: readonly number[];
  /** By `/health`: time since the queue was last empty or acknowledged. */
  readonly unackedMs: number | null;
  /** Counted by the kernel over these looks; null = it was not to be had. */
  readonly delivered: Delivered | null;
}

const LOOKS = 8;
const EVERY_MS = 250;

/** Judges the line by a running uplink: its send queue fills when the line takes less than the stream's bitrate. */
export async function checkUpstream(
  { desired, health, stateDir }: Situation,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const [file, answer] = await Promise.all([desired, health]);
  const report = answer.kind === 'report' ? answer.report : null;
  const pid =
    report === null ? (findLivingRuns(stateDir, Date.now()).uplink?.pid ?? null) : (report.uplink?.pid ?? null);
  const before = pid === null ? null : await readDelivered(pid, signal);
  const queues: number[] = [];
  for (let look = 0; pid !== null && look < LOOKS && !signal.aborted; look += 1) {
    const state = readSendQueue(pid);
    if (state.kind !== 'known') break;
    queues.push(state.value.queuedBytes);
    await sleep(EVERY_MS);
  }
  const after = pid === null || before === null ? null : await readDelivered(pid, signal);
  return [
    judgeUpstream({
      bitrateKbps: file.kind === 'ok' ? file.spec.bitrateKbps : null,
      uplink: pid === null ? 'none' : queues.length === 0 ? 'unseen' : 'seen',
      queues,
      unackedMs: report?.uplink?.unackedMs ?? null,
      delivered: before === null || after === null ? null : since(before, after),
    }),
  ];
}

const since = (before: Delivered, after: Delivered): Delivered => ({
  ackedBytes: after.ackedBytes - before.ackedBytes,
  busyMs: after.busyMs - before.busyMs,
});

/**
 * The rate at which bytes were acknowledged while any were under way; '' = not known. A line that was busy all the time
 * takes no more than that. A line that had to wait for the stream takes at least that: the time that the last
 * acknowledgement needs on its way back is counted, too.
 */
function lineText(delivered: Delivered | null): string {
  if (delivered === null || delivered.busyMs <= 0 || delivered.ackedBytes <= 0) return '';
  const mbps = ((delivered.ackedBytes * 8) / delivered.busyMs / 1_000).toFixed(1);
  return delivered.busyMs >= BUSY_MS
    ? `; the line was busy all the time, and ${mbps} Mbit/s went through`
    : `; the line takes at least ${mbps} Mbit/s, as went through while it was busy`;
}

/** Busy all the time, of the two seconds of these looks. */
const BUSY_MS = 0.9 * LOOKS * EVERY_MS;

/** Live video is never even: a quarter more than its mean. */
const HEADROOM = 1.25;
const LAGGING_MS = 2_000;

export function judgeUpstream({ bitrateKbps, uplink, queues, unackedMs, delivered }: UpstreamFacts): Finding {
  const check = 'upstream';
  if (bitrateKbps === null) return unknown(check, 'without a valid desired.yaml the bitrate is not known');
  const sentKbps = bitrateKbps + HOUSE_AUDIO.bitrateKbps;
  const wanted = `at least ${(Math.ceil((sentKbps * HEADROOM) / 100) / 10).toFixed(1)} Mbit/s upwards`;
  const measure = `${wanted} are needed for ${String(bitrateKbps)} kbit/s of video: measure with speedtest-cli or iperf3`;
  if (uplink === 'none') return unknown(check, 'nothing is being sent by which it could be told', measure);
  const least = queues.length === 0 ? 0 : Math.min(...queues);
  const waitingMs = Math.max((least * 8) / sentKbps, unackedMs ?? 0);
  if (waitingMs >= LAGGING_MS) {
    const message = `the uplink lags: ${(waitingMs / 1000).toFixed(1)} s of the stream wait to be sent${lineText(delivered)}`;
    return warning(check, message, `${measure}; or lower bitrate: in desired.yaml`);
  }
  if (uplink === 'unseen' && unackedMs === null)
    return unknown(check, 'the uplink belongs to another user', `ask as that user, or with sudo; ${measure}`);
  return ok(check, `the running uplink keeps up with ${String(sentKbps)} kbit/s${lineText(delivered)}`);
}
