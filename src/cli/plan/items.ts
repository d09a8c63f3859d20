import type { Invocation } from '../command.ts';
import { sourceKeys } from '../desired/source-keys.ts';
import { mediaAccessFor } from '../media/media-access.ts';
import { readSettings } from '../../environment/read-settings.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { type CopyDecision, decideCopy } from '../../reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';
import { openStore } from '../../store/drivers.ts';
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
  const storage = openStore(settings.storage, settings.caFile);
  const access = await mediaAccessFor(storage, settings, env, PROBE_TIMEOUT_MS);
  const begunMs = performance.now();
  const found = new Map<string, PlannedItem>();
  let keys: readonly string[] | null = null;
  let trouble: string | null = null;

  async function lookAtAll(): Promise<void> {
    const named = await sourceKeys(access.storage, spec.media);
    if (named.kind === 'failed') {
      trouble = named.failure.message;
      return;
    }
    // A key that is named twice is looked at once.
    keys = [...new Set(named.value)];
    const waiting = keys.slice(0, MOST_ITEMS);
    await Promise.all(Array.from({ length: AT_ONCE }, () => work(waiting)));
  }

  async function work(waiting: string[]): Promise<void> {
    while (trouble === null && performance.now() - begunMs < BEGUN_WITHIN_MS) {
      const key = waiting.shift();
      if (key === undefined) return;
      const facts = await access.factsOf(key);
      if (facts.kind === 'ok') {
        found.set(key, { key, ...decideCopy(facts.value, houseFormat(spec), spec.encode) });
      } else if (facts.failure.reason.startsWith('Storage')) {
        trouble = facts.failure.message;
      } else {
        found.set(key, { key, mode: 'unknown', why: facts.failure.message });
      }
    }
  }

  function answer(): PlannedItems {
    const asked = keys?.slice(0, MOST_ITEMS) ?? [];
    const items = asked.flatMap((key) => found.get(key) ?? []);
    const late = keys === null || items.length < asked.length;
    return {
      items,
      total: keys?.length ?? null,
      trouble: trouble ?? (late ? 'the store did not tell in time' : null),
    };
  }

  await inTime(AT_MOST_MS, lookAtAll(), () => undefined);
  return answer();
}
