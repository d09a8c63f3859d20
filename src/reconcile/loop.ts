import { lawful } from './lint.ts';
import type { Intent } from './model/desired.ts';
import type { Memory } from './model/memory.ts';
import type { Action, Plan } from './model/plan.ts';
import { rowOf } from './model/rules.ts';
import { plan, type PlanSettings } from './plan.ts';
import type { ActionResult, Pass, Ports } from './ports.ts';

/** Passes come at least this often. */
const PASS_EVERY_MS = 1_000;
/** While something is under way the next pass comes sooner. */
const BUSY_PASS_EVERY_MS = 150;

export type LoopEnd =
  { readonly kind: 'exit'; readonly code: 0 | 1; readonly message: string } | { readonly kind: 'handOver' };

/** The one loop: observe, plan, act, publish; one pass at a time. It alone has effects, all through its ports. */
export class ReconcileLoop {
  readonly #ports: Ports;
  readonly #settings: Omit<PlanSettings, 'intent'>;
  #memory: Memory;
  #intent: Intent = 'run';
  #handOver = false;

  constructor(ports: Ports, settings: Omit<PlanSettings, 'intent'>, memory: Memory) {
    this.#ports = ports;
    this.#settings = settings;
    this.#memory = memory;
  }

  /** From the next pass on: take the stream off air, then end. */
  stop(): void {
    this.#intent = 'stop';
  }

  /** End before the next pass and leave the stream alone. */
  handOver(): void {
    this.#handOver = true;
  }

  /** Passes until something ends the daemon. */
  async run(): Promise<LoopEnd> {
    while (!this.#handOver) {
      const { plan: done } = await this.pass();
      const exit = done.actions.find((action) => action.kind === 'exit');
      if (exit !== undefined) return { kind: 'exit', code: exit.code, message: exit.message };
      await this.#ports.sleep(isBusy(done) ? BUSY_PASS_EVERY_MS : PASS_EVERY_MS);
    }
    return { kind: 'handOver' };
  }

  /** One pass. Actions that break a law of planning are not carried out. */
  async pass(): Promise<Pass> {
    const observation = await this.#ports.observe();
    const now = this.#ports.now();
    const before = this.#memory;
    const decided = lawful(plan({ ...this.#settings, intent: this.#intent }, observation, before, now), observation);
    this.#memory = decided.memory;
    const results: { action: Action; result: ActionResult }[] = [];
    for (const action of decided.actions) {
      if (action.kind !== 'exit') results.push({ action, result: await this.#ports.act(action) });
    }
    const pass: Pass = { observation, plan: decided, before, now, results };
    this.#ports.publish(pass);
    return pass;
  }
}

/** `down` is among them: something hangs, and the sooner that is certain the better. Rules of pace `waits` are exempt. */
const BUSY_STATUSES: readonly string[] = ['starting', 'stopping', 'down'];

function isBusy({ rules, verdict: { status, reason } }: Plan): boolean {
  // More looks at processes do not settle what YouTube says.
  if (reason === 'NotLiveAtYouTube') return false;
  const paces = [rowOf(rules.uplink).pace, rowOf(rules.playout).pace];
  return !paces.includes('waits') && (paces.includes('busy') || BUSY_STATUSES.includes(status));
}
