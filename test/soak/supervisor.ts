import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from '../chaos/stage.ts';
import type { Daemon } from '../fixtures/daemon.ts';

export interface Footprint {
  readonly rssKb: number;
  readonly fds: number;
}

/** Starts the daemon again whenever it ends, after a second, as systemd does. */
export class Supervisor {
  readonly #stage: Stage;
  readonly #env: Readonly<Record<string, string>>;
  #daemon: Daemon | null = null;
  #stopped = false;
  #watching: Promise<void> = Promise.resolve();
  /** Starts so far, and how the daemon ended each time. */
  starts = 0;
  readonly exits: string[] = [];

  constructor(stage: Stage, env: Readonly<Record<string, string>>) {
    this.#stage = stage;
    this.#env = env;
  }

  get daemon(): Daemon {
    if (this.#daemon === null) throw new Error('no daemon was started');
    return this.#daemon;
  }

  async start(): Promise<void> {
    this.#daemon = await this.#stage.start(this.#env);
    this.starts += 1;
    this.#watching = this.#restartAfter(this.#daemon);
  }

  /** Ends the daemon and waits until the next one runs. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const before = this.starts;
    this.daemon.kill(signal);
    for (let i = 0; i < 100 && this.starts === before; i += 1) await sleep(100);
  }

  /** Memory and descriptors of the daemon that runs now; zeros while none does. */
  footprint(): Footprint {
    try {
      const { pid } = this.daemon;
      const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return { rssKb: Number(rss ?? 0), fds: readdirSync(`/proc/${pid}/fd`).length };
    } catch {
      return { rssKb: 0, fds: 0 };
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#daemon?.stop();
    await this.#watching;
  }

  async #restartAfter(daemon: Daemon): Promise<void> {
    const { code, signal } = await daemon.exited;
    if (this.#stopped) return;
    this.exits.push(signal ?? `exit ${code}`);
    await sleep(1000);
    if (!this.#stopped) await this.start();
  }
}
