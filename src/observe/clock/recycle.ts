import { firingsAfter } from './cron-firings.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import type { RecycleSchedule } from '../../reconcile/model/observation.ts';

/** Tells when `recycle` fires next. */
export class RecycleClock {
  #name = '';
  #schedule: RecycleSchedule | null = null;
  #readAtMs = 0;

  /** null = desired.yaml has no `recycle`, or the expression never fires. */
  read(spec: DesiredSpec | null, wallMs: number): RecycleSchedule | null {
    if (spec === null || spec.recycle === null) return null;
    const name = `${spec.recycle} ${spec.timezone}`;
    const isPast = this.#schedule !== null && wallMs >= this.#schedule.nextWallMs;
    if (name !== this.#name || isPast || wallMs < this.#readAtMs) {
      this.#name = name;
      this.#schedule = scheduleAfter(name, spec.recycle, spec.timezone, wallMs);
    }
    this.#readAtMs = wallMs;
    return this.#schedule;
  }
}

function scheduleAfter(name: string, recycle: string, timezone: string, wallMs: number): RecycleSchedule | null {
  const [nextWallMs, followingWallMs] = firingsAfter(recycle, timezone, wallMs, 2);
  if (nextWallMs === undefined) return null;
  return { name, nextWallMs, followingWallMs: followingWallMs ?? nextWallMs };
}
