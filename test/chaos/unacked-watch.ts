import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '../fixtures/daemon.ts';

/** Asks `/health` ten times a second what it says of unacknowledged bytes, until stopped. */
export class UnackedWatch {
  readonly #begunMs = performance.now();
  readonly #done: Promise<void>;
  #stopped = false;
  #toldMs: number | null = null;
  #mostMs = 0;

  constructor(daemon: Daemon) {
    this.#done = this.#watch(daemon);
  }

  /** When the first report of an ingest that acknowledges nothing came (from the start of the watch), and the most `unackedMs`. */
  async stop(): Promise<{ readonly toldMs: number | null; readonly mostMs: number }> {
    this.#stopped = true;
    await this.#done;
    return { toldMs: this.#toldMs, mostMs: this.#mostMs };
  }

  async #watch(daemon: Daemon): Promise<void> {
    while (!this.#stopped) {
      const report = await daemon.health().catch(() => null);
      this.#mostMs = Math.max(this.#mostMs, report?.uplink?.unackedMs ?? 0);
      if (report?.reason === 'UplinkLagging') this.#toldMs ??= performance.now() - this.#begunMs;
      await sleep(100);
    }
  }
}
