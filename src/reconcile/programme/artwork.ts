import { type DesiredSpec, MOST_VISUALS } from '../model/desired.ts';
import type { LocalCopy } from '../model/item.ts';
import { fetched, type MediaTables } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Artwork, ArtworkAtHand, HouseFormat } from '../model/playout.ts';
import type { MediaFailure } from '../model/reasons.ts';
import { clipId, soundsAsSlate } from '../playout/clip.ts';
import { viewSource } from './programme.ts';
import { retryAfterMs } from './store-requests.ts';

/** How often copies are compared with the store. */
const COPY_MAX_AGE_MS = 300_000;

/** Slate and visuals of desired.yaml as far as they are on this machine, and the actions that copy them: the visual of this turn first. */
export function viewArtwork(
  desired: DesiredSpec,
  media: MediaTables,
  turn = 0,
): { readonly artwork: ArtworkAtHand; readonly actions: readonly Action[] } {
  const { keys, actions: looking } = visualKeys(desired, media);
  const at = keys.length === 0 ? 0 : turn % keys.length;
  const inTurn = [...keys.slice(at), ...keys.slice(0, at)];
  const wanted = new Set(desired.slate === null ? inTurn : [desired.slate, ...inTurn]);
  const keeping = [...wanted].map((key): Action => {
    const copy = fetched(media.copies, key);
    return {
      kind: 'keepCopy',
      key,
      maxAgeMs: copy.kind === 'failed' ? retryAfterMs(copy.failure, media) : COPY_MAX_AGE_MS,
    };
  });
  const artwork = {
    slate: copyOf(media, desired.slate),
    visuals: keys.map((key) => copyOf(media, key)),
    clips: new Map([...media.clips].flatMap(([id, clip]) => (clip.kind === 'ok' ? [[id, clip.value]] : []))),
  };
  return { artwork, actions: [...looking, ...keeping] };
}

/**
 * Slate and visual of the item that is played at this turn. Each turn has the next visual; in the place of one that cannot be
 * shown stands the next one that can. So a visual that comes or goes changes only items that had it.
 */
export function artworkAt({ slate, visuals, clips }: ArtworkAtHand, turn: number): Artwork {
  for (let place = 0; place < visuals.length; place++) {
    const visual = visuals[(turn + place) % visuals.length];
    if (visual) return { slate, visual, clips };
  }
  return { slate, visual: null, clips };
}

/** Brings the backdrops of songs into house format, that of this turn first. */
export function keepClips({ slate, visuals }: ArtworkAtHand, turn: number, format: HouseFormat): readonly Action[] {
  const inTurn = visuals.map((_, place) => visuals[(turn + place) % visuals.length] ?? null);
  const shown = inTurn.filter((visual) => visual !== null);
  const backdrops = visuals.length > 0 ? shown : [slate];
  return backdrops.map((copy) => ({ kind: 'keepClip', id: clipId(copy, format), copy, format }));
}

/** Brings the slate into house format, unless it has sound: a clip has none. */
export function keepSlateClip({ slate }: ArtworkAtHand, format: HouseFormat): readonly Action[] {
  return soundsAsSlate(slate) ? [] : [{ kind: 'keepClip', id: clipId(slate, format), copy: slate, format }];
}

/** What is wrong with slate and visuals, as one failure; null = nothing, or none is named. */
export function artworkProblem(desired: DesiredSpec, media: MediaTables): MediaFailure | null {
  const { keys, failure } = visualKeys(desired, media);
  const named = new Set(desired.slate === null ? keys : [desired.slate, ...keys]);
  const problems = [...named].flatMap((key) => problemOf(key, media) ?? []);
  const all = failure === null ? problems : [...problems, failure];
  const [first] = all;
  if (first === undefined) return null;
  return { reason: first.reason, message: [...new Set(all.map(({ message }) => message))].join('; ') };
}

function problemOf(key: string, media: MediaTables): MediaFailure | null {
  const copy = fetched(media.copies, key);
  if (copy.kind === 'failed') return copy.failure;
  if (copy.kind === 'pending' || copy.value.facts.video !== null) return null;
  return { reason: 'MediaUndecodable', message: `${JSON.stringify(key)} has no picture to show` };
}

interface VisualKeys {
  readonly keys: readonly string[];
  readonly failure: MediaFailure | null;
  readonly actions: readonly Action[];
}

function visualKeys({ visual }: DesiredSpec, media: MediaTables): VisualKeys {
  if (visual === null) return { keys: [], failure: null, actions: [] };
  const view = viewSource(visual, media);
  switch (view.kind) {
    case 'ready':
      return { ...view, keys: view.keys.slice(0, MOST_VISUALS) };
    case 'pending':
      return { keys: [], failure: null, actions: view.actions };
    case 'failed':
      return { keys: [], failure: view.failure, actions: view.actions };
  }
}

/** The copy of this object; null = not named, not copied yet, or without a picture. */
function copyOf(media: MediaTables, key: string | null): LocalCopy | null {
  const copy = key === null ? null : fetched(media.copies, key);
  return copy?.kind === 'ok' && copy.value.facts.video !== null ? copy.value : null;
}
