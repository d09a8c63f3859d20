import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthBody } from '../../src/health/body.ts';
import type { Daemon } from '../fixtures/daemon.ts';

/** One change of what `/health` says. */
export interface Said {
  /** Since the watch began. */
  readonly afterMs: number;
  readonly status: string;
  readonly reason: string;
}

/** Asks `/health` four times a second, until stopped. */
export class HealthWatch {
  readonly said: Said[] = [];
  readonly reports: HealthBody[] = [];
  readonly #begunMs = performance.now();
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(daemon: Daemon) {
    this.#done = this.#watch(daemon);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  /** When this reason was first given; null = never. */
  firstMs(reason: string): number | null {
    return this.said.find((said) => said.reason === reason)?.afterMs ?? null;
  }

  async #watch(daemon: Daemon): Promise<void> {
    while (!this.#stopped) {
      const report = await daemon.health().catch(() => null);
      if (report !== null) this.#note(report);
      await sleep(250);
    }
  }

  #note(report: HealthBody): void {
    this.reports.push(report);
    const last = this.said.at(-1);
    const { status, reason } = report;
    if (last?.status === status && last.reason === reason) return;
    this.said.push({ afterMs: performance.now() - this.#begunMs, status, reason });
  }
}
