import { readSendQueue } from './send-queue.ts';
import { absent } from '../../reconcile/model/observed.ts';
import type { EncodePace, PlayoutRun } from '../../reconcile/model/run.ts';
import { isFull } from '../../reconcile/runs/reservoir.ts';
import { SampleWindow } from './sample-window.ts';

type Seen = Pick<PlayoutRun, 'life' | 'process' | 'record' | 'reservoir' | 'gate' | 'progress'>;

interface Sample {
  readonly atMs: number;
  readonly outTimeMs: number;
  /** There were unread bytes in its connection: it could have read more. */
  readonly isFed: boolean;
}

const BOUNDS = {
  everyMs: 900,
  /** Longer than a busy moment of the machine, or a scene that is costly to encode. */
  windowMs: 20_000,
  longestGapMs: 10_000,
};

/** Follows the pace of an encode that nothing holds back. */
export class EncodePaceTracker {
  readonly #window = new SampleWindow<Sample>(BOUNDS);

  /** `readAll`: whether the run has read all that the store has sent; null = it has no connection, or that is not known. */
  update(run: Seen, readAll: (run: Seen) => boolean | null, nowMs: number): EncodePace | null {
    const { progress } = run;
    if (this.#window.expire(nowMs) || !isFreeEncode(run) || progress === null) {
      this.#window.clear();
      return null;
    }
    const { outTimeMs } = progress;
    this.#window.add(nowMs, () => ({ atMs: nowMs, outTimeMs, isFed: readAll(run) !== true }));
    return paceOf(this.#window.samples);
  }
}

/** Whether it encodes a picture, has begun to write, and its output is not held back. */
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
  // An encode that waits for the store has read all at most looks.
  if (samples.filter(({ isFed }) => isFed).length * 2 < samples.length) return null;
  return { overMs: last.atMs - first.atMs, writtenMs: last.outTimeMs - first.outTimeMs };
}

/** Whether this FFmpeg has read all that came over its connections; null = it has none, or they could not be read. */
export function hasReadAll({ life, process }: Pick<PlayoutRun, 'life' | 'process'>): boolean | null {
  const queue = life === 'draining' ? absent : readSendQueue(process.pid);
  return queue.kind === 'known' ? queue.value.unreadBytes === 0 : null;
}
