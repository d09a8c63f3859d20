import { createTask } from 'node-cron';
import type { RecycleSchedule } from '../reconcile/recycle.ts';
import type { DesiredSpec } from '../reconcile/spec.ts';

/** The firings are worked out anew this often, so that a clock that was set is noticed. */
const RENEW_MS = 60_000;

/** Tells when `recycle` fires next, daylight saving time as node-cron has it. */
export class RecycleClock {
  #name = '';
  #schedule: RecycleSchedule | null = null;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  /** null = no recycling is wished, or the expression never fires. */
  read(spec: DesiredSpec | null, wallMs: number): RecycleSchedule | null {
    if (spec === null || spec.recycle === null) return null;
    const name = `${spec.recycle} ${spec.timezone}`;
    const past = this.#schedule !== null && wallMs >= this.#schedule.nextWallMs;
    if (name !== this.#name || past || Math.abs(wallMs - this.#renewedAtMs) >= RENEW_MS) {
      this.#name = name;
      this.#renewedAtMs = wallMs;
      this.#schedule = firings(spec.recycle, spec.timezone);
    }
    return this.#schedule;
  }
}

function firings(expression: string, timezone: string): RecycleSchedule | null {
  let task: ReturnType<typeof createTask> | null = null;
  try {
    task = createTask(expression, () => undefined, { timezone });
    const [next, following] = task.getNextRuns(2);
    if (next === undefined) return null;
    return { nextWallMs: next.getTime(), followingWallMs: (following ?? next).getTime() };
  } catch {
    // Some expressions, such as the 30th of February, never fire and are refused only here.
    return null;
  } finally {
    void task?.destroy();
  }
}
