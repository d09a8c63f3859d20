import type { SdNotify } from './sd-notify.ts';
import { printable } from '../text/terminal.ts';

interface SystemdNotifierParts {
  readonly notify: SdNotify;
  /** systemd replaces a daemon that gives no sign of life for this long; null = it waits for none. */
  readonly watchdogMs: number | null;
  /** Called at the first message that fails, and not again until one was taken. */
  readonly onProblem: (why: string) => void;
}

/** What one pass of the loop has to tell. */
export interface PassNews {
  /** Whether /health is served, or it was logged that it cannot be. */
  readonly healthSettled: boolean;
  /** Sent at once when status or reason change; another message is sent with the next sign of life. */
  readonly health: { readonly status: string; readonly reason: string; readonly message: string };
  /** Monotonic, milliseconds. */
  readonly monoMs: number;
}

/** Signs of life are given this many times as often as they are asked for. */
const SPARE = 3;
const MOST_CHARACTERS = 500;

/**
 * Tells systemd that the daemon is ready, its status in words, that it is ending, and that it lives. Only a finished pass
 * sends a message, so a loop that hangs sends none. One message at a time; what is due while one is under way is sent by
 * the next pass.
 */
export class SystemdNotifier {
  readonly #parts: SystemdNotifierParts;
  #told = { ready: false, stopping: false, words: '', aliveAtMs: Number.NEGATIVE_INFINITY };
  #stopping = false;
  #underWay = false;
  #impaired = false;

  constructor(parts: SystemdNotifierParts) {
    this.#parts = parts;
  }

  /** From the next pass on: the daemon is on its way out. */
  stopping(): void {
    this.#stopping = true;
  }

  passed({ healthSettled, health: { status, reason, message }, monoMs }: PassNews): void {
    if (this.#underWay) return;
    const { watchdogMs } = this.#parts;
    const before = this.#told;
    const words = `${status} (${reason})`;
    const now = { ready: healthSettled, stopping: this.#stopping, words, aliveAtMs: monoMs };
    const news = [
      ...(now.ready && !before.ready ? ['READY=1'] : []),
      ...(now.stopping && !before.stopping ? ['STOPPING=1'] : []),
    ];
    const lifeIsDue = watchdogMs !== null && monoMs - before.aliveAtMs >= watchdogMs / SPARE;
    if (news.length === 0 && words === before.words && !lifeIsDue) return;
    news.push(`STATUS=${printable(`${words}: ${message}`).slice(0, MOST_CHARACTERS)}`);
    if (watchdogMs !== null) news.push('WATCHDOG=1');
    this.#underWay = true;
    void this.#parts.notify(news).then((why) => {
      this.#underWay = false;
      if (why === null) this.#told = now;
      else if (!this.#impaired) this.#parts.onProblem(why);
      this.#impaired = why !== null;
    });
  }
}

/** The watchdog systemd has set for this very process, by sd_watchdog_enabled(3); null = none. */
export function watchdogMsOf(env: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const usec = Number(env['WATCHDOG_USEC']);
  const forPid = env['WATCHDOG_PID'];
  if (!(usec > 0) || (forPid !== undefined && forPid !== String(pid))) return null;
  return usec / 1000;
}
