import type { Invocation } from '../command.ts';
import { sourceKeys } from '../desired/source-keys.ts';
import { type MediaAccess, mediaAccessFor } from '../media/media-access.ts';
import { readSettings } from '../../environment/read-settings.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { type CopyDecision, decideCopy } from '../../reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';
import { connectStore } from '../media/store-access.ts';
import { inTime } from '../../system/in-time.ts';

/** How one item of the file would go on air. */
export type PlannedItem =
  ({ readonly key: string } & CopyDecision) | { readonly key: string; readonly mode: 'unknown'; readonly why: string };

/** The first items of the file, as far as the store told of them in time. */
export interface PlannedItems {
  readonly items: readonly PlannedItem[];
  /** How many different keys there are in all; null = the store did not tell. */
  readonly total: number | null;
  /** Why not all is known; null = all is. */
  readonly trouble: string | null;
}

const MOST_ITEMS = 10;
const AT_ONCE = 2;
/** The time the store has for all answers: a plan is to be quick, and is useful without them. */
const AT_MOST_MS = 6_000;
/** No inspection begins later than this, so that all have ended when the plan is printed. */
const BEGUN_WITHIN_MS = 2_000;
const PROBE_TIMEOUT_MS = 4_000;

/** Asks the store, if there is one configured, and never for long; null = there is none. Never rejects. */
export async function plannedItems({ env, cwd }: Invocation, spec: DesiredSpec): Promise<PlannedItems | null> {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid' || read.settings.storage.kind === 'unconfigured') return null;
  const { settings } = read;
  const access = await mediaAccessFor(connectStore(settings), settings, env, PROBE_TIMEOUT_MS);
  const look = new Look(access, spec);
  await inTime(AT_MOST_MS, look.all(), () => undefined);
  return look.answer();
}

class Look {
  readonly #access: MediaAccess;
  readonly #spec: DesiredSpec;
  readonly #begunMs = performance.now();
  readonly #found = new Map<string, PlannedItem>();
  #keys: readonly string[] | null = null;
  #trouble: string | null = null;

  constructor(access: MediaAccess, spec: DesiredSpec) {
    this.#access = access;
    this.#spec = spec;
  }

  async all(): Promise<void> {
    const named = await sourceKeys(this.#access.storage, this.#spec.media);
    if (named.kind === 'failed') {
      this.#trouble = named.failure.message;
      return;
    }
    // A key that is named twice is looked at once.
    const keys = [...new Set(named.value)];
    this.#keys = keys;
    const waiting = keys.slice(0, MOST_ITEMS);
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(waiting)));
  }

  answer(): PlannedItems {
    const asked = this.#keys?.slice(0, MOST_ITEMS) ?? [];
    const items = asked.flatMap((key) => this.#found.get(key) ?? []);
    const late = this.#keys === null || items.length < asked.length;
    return {
      items,
      total: this.#keys?.length ?? null,
      trouble: this.#trouble ?? (late ? 'the store did not tell in time' : null),
    };
  }

  async #work(waiting: string[]): Promise<void> {
    while (this.#trouble === null && performance.now() - this.#begunMs < BEGUN_WITHIN_MS) {
      const key = waiting.shift();
      if (key === undefined) return;
      const facts = await this.#access.factsOf(key);
      if (facts.kind === 'ok') {
        this.#found.set(key, { key, ...decideCopy(facts.value, houseFormat(this.#spec), this.#spec.encode) });
      } else if (facts.failure.reason.startsWith('Storage')) {
        this.#trouble = facts.failure.message;
      } else {
        this.#found.set(key, { key, mode: 'unknown', why: facts.failure.message });
      }
    }
  }
}
