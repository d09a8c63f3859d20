import type { DesiredSpec } from '../model/desired.ts';
import type { LocalCopy } from '../model/item.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Artwork } from '../model/playout.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { retryAfterMs } from './store-requests.ts';

/** Whether slate and visual were replaced in the store is looked at this often. */
const COPY_MAX_AGE_MS = 300_000;

/** Slate and visual of this wish as far as they are on this machine, and what keeps them there. */
export function viewArtwork(
  wish: DesiredSpec,
  media: MediaTables,
): { readonly scenery: Artwork; readonly actions: readonly Action[] } {
  const keys = [...new Set([wish.slate, wish.visual].filter((key) => key !== null))];
  const actions = keys.map((key): Action => {
    const copy = fetched(media.copies, key);
    return { kind: 'keepCopy', key, maxAgeMs: copy.kind === 'failed' ? retryAfterMs(copy.failure) : COPY_MAX_AGE_MS };
  });
  return { scenery: { slate: copyOf(media, wish.slate), visual: copyOf(media, wish.visual) }, actions };
}

/** What is wrong with slate or visual; null = nothing, or none is named. */
export function artworkProblem(wish: DesiredSpec, media: MediaTables): MediaFailure | null {
  for (const key of [wish.slate, wish.visual]) {
    const copy = key === null ? null : fetched(media.copies, key);
    if (copy?.kind === 'failed') return copy.failure;
    if (copy?.kind === 'ok' && copy.value.facts.video === null) {
      return { reason: 'MediaUndecodable', message: `${JSON.stringify(key)} has no picture to show` };
    }
  }
  return null;
}

/** Something without a picture cannot be shown. */
function copyOf(media: MediaTables, key: string | null): LocalCopy | null {
  const copy = key === null ? null : fetched(media.copies, key);
  return copy?.kind === 'ok' && copy.value.facts.video !== null ? copy.value : null;
}
