import { readSendQueue } from './send-queue.ts';
import { absent } from '../../reconcile/model/observed.ts';
import type { EncodePace, PlayoutRun } from '../../reconcile/model/run.ts';
import { isFull } from '../../reconcile/runs/reservoir.ts';

type Seen = Pick<PlayoutRun, 'life' | 'process' | 'record' | 'reservoir' | 'gate' | 'progress'>;

interface Sample {
  readonly atMs: number;
  readonly outTimeMs: number;
  /** Bytes stood in its connection: it could have read more. */
  readonly isFed: boolean;
}

/** As long as a busy moment of the machine, or a costly scene, may last. */
const WINDOW_MS = 20_000;
const SAMPLE_EVERY_MS = 900;
/** Nobody looked for so long: what was in between is not known. */
const LONGEST_GAP_MS = 10_000;

/** Follows how fast an encode is that nothing holds back. */
export class EncodePaceTracker {
  #samples: readonly Sample[] = [];

  /** `readAll`: whether the run has read all that has come; null = it has no connection, or that is not known. */
  update(run: Seen, readAll: (run: Seen) => boolean | null, nowMs: number): EncodePace | null {
    const { progress } = run;
    const last = this.#samples.at(-1);
    if (!isFreeEncode(run) || progress === null || (last !== undefined && nowMs - last.atMs > LONGEST_GAP_MS)) {
      this.#samples = [];
      return null;
    }
    if (last === undefined || nowMs - last.atMs >= SAMPLE_EVERY_MS) {
      const sample = { atMs: nowMs, outTimeMs: progress.outTimeMs, isFed: readAll(run) !== true };
      this.#samples = [...this.#samples, sample].filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
    }
    return paceOf(this.#samples);
  }
}

/** It encodes a picture, has begun to, and what follows takes all that it writes. */
function isFreeEncode({ life, record, reservoir, gate, progress }: Seen): boolean {
  if (record?.kind !== 'item' || (record.picture ?? record.mode) !== 'transcode') return false;
  if (life !== 'running' || (progress?.firstAtMs ?? null) === null) return false;
  if (reservoir !== null && reservoir.bytes !== null) return !isFull(reservoir);
  return gate?.place === 'holder' && gate.flow !== 'held';
}

function paceOf(samples: readonly Sample[]): EncodePace | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return null;
  // An encode that waits for the store empties its connection at every look but a few.
  if (samples.filter(({ isFed }) => isFed).length * 2 < samples.length) return null;
  return { overMs: last.atMs - first.atMs, writtenMs: last.outTimeMs - first.outTimeMs };
}

/** Whether this FFmpeg has read all that came over its connections; null = it has none, or they cannot be seen. */
export function hasReadAll({ life, process }: Pick<PlayoutRun, 'life' | 'process'>): boolean | null {
  const queue = life === 'draining' ? absent : readSendQueue(process.pid);
  return queue.kind === 'known' ? queue.value.unreadBytes === 0 : null;
}
