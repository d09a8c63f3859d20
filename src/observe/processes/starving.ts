import type { PlayoutRun } from '../../reconcile/model/run.ts';
import { isFull } from '../../reconcile/runs/reservoir.ts';

type Starving = PlayoutRun['starving'];

/** A reservoir may take minutes to fill, so counting begins anew after this: only what came lately matters. */
const WINDOW_MS = 8_000;

/** Follows since when a playout on air has lacked input. */
export class StarvingTracker {
  #starving: Starving = null;

  update({ gate, reservoir }: Pick<PlayoutRun, 'gate' | 'reservoir'>, outTimeMs: number, nowMs: number): Starving {
    const hasRoom = reservoir === null || reservoir.bytes === null ? gate?.flow !== 'held' : !isFull(reservoir);
    if (gate === null || gate.place !== 'holder' || !hasRoom) return (this.#starving = null);
    const before = this.#starving;
    const isOver = reservoir !== null && before !== null && nowMs - before.sinceMs > WINDOW_MS;
    const begun = { sinceMs: nowMs, outTimeMs, readBytes: reservoir?.bytes?.read ?? 0 };
    return (this.#starving = before === null || isOver ? begun : before);
  }
}
