import type { Gate, PlayoutRun, Reservoir } from '../../reconcile/model/run.ts';
import { isFull } from '../../reconcile/runs/reservoir.ts';

type Starving = PlayoutRun['starving'];

/** A reservoir may take minutes to fill; what came lately is to be told from what came long ago. */
const WINDOW_MS = 8_000;

/** Follows since when playouts on air lack input, by run. */
export class StarvingTracker {
  readonly #starvings = new Map<string, NonNullable<Starving>>();

  update(
    { runId, gate, reservoir }: { runId: string; gate: Gate | null; reservoir: Reservoir | null },
    outTimeMs: number,
    nowMs: number,
  ): Starving {
    const hasRoom = reservoir === null || reservoir.bytes === null ? gate?.flow !== 'held' : !isFull(reservoir);
    if (gate === null || gate.place !== 'holder' || !hasRoom) {
      this.#starvings.delete(runId);
      return null;
    }
    const before = this.#starvings.get(runId);
    const isOver = reservoir !== null && before !== undefined && nowMs - before.sinceMs > WINDOW_MS;
    const begun = { sinceMs: nowMs, outTimeMs, readBytes: reservoir?.bytes?.read ?? 0 };
    const starving = before === undefined || isOver ? begun : before;
    this.#starvings.set(runId, starving);
    return starving;
  }

  /** Forgets every run but these. */
  keep(alive: ReadonlySet<string>): void {
    for (const runId of this.#starvings.keys()) if (!alive.has(runId)) this.#starvings.delete(runId);
  }
}
