import type { ItemFacts, LocalCopy } from './item.ts';
import type { Cursor } from './programme.ts';

export type ItemSpec = Extract<PlayoutSpec, { kind: 'item' }>;
export type SlateSpec = Extract<PlayoutSpec, { kind: 'slate' }>;

/** Everything needed to start one playout; the argv is built from it alone. */
export type PlayoutSpec =
  | {
      readonly kind: 'item';
      readonly facts: ItemFacts;
      readonly format: HouseFormat;
      readonly part: ItemPart;
      /** What is seen under an item without a picture; null = it has one, or the built-in colour. */
      readonly backdrop: LocalCopy | null;
      /** The same in house format, to be copied; null = it is encoded. */
      readonly clip: HouseClip | null;
    }
  | {
      readonly kind: 'slate';
      readonly format: HouseFormat;
      /** null = the built-in colour and silence. */
      readonly source: LocalCopy | null;
      /** The same in house format, to be copied; null = it is encoded. */
      readonly clip: HouseClip | null;
    };

/** What is done with one of an item's streams. One that it does not have is made, so encoded. */
export type Treatment = 'copy' | 'transcode';

/** Which part of the item, and how. */
export interface ItemPart {
  readonly cursor: Cursor;
  readonly picture: Treatment;
  /** `copy` only beside a copied picture. */
  readonly sound: Treatment;
  /** Times the item is played in this run; more than 1 only from its beginning. */
  readonly loops: number;
  /** How long the run plays in all; null = to the item's end, wherever that is. */
  readonly lengthMs: number | null;
  /** The run is cut at `lengthMs`, before the item ends. */
  readonly cut: boolean;
}

/** Copies on this machine that are shown beside, or instead of, one item; null where none is named, or there yet. */
export interface Artwork {
  readonly slate: LocalCopy | null;
  readonly visual: LocalCopy | null;
  readonly clips: HouseClips;
}

/** By the clip's id. */
export type HouseClips = ReadonlyMap<string, HouseClip>;

/** What is shown under songs or as the slate, brought into house format once: pictures alone, no B-frames, so it can be cut anywhere. */
export interface HouseClip {
  readonly path: string;
  readonly fps: number;
  readonly frames: number;
  /** From one key frame to the next. */
  readonly gopFrames: number;
}

/** All that the wish names, as far as it can be shown. */
export interface ArtworkAtHand {
  readonly slate: LocalCopy | null;
  /** In the order in which they are named; null holds the place of one that cannot be shown. */
  readonly visuals: readonly (LocalCopy | null)[];
  readonly clips: HouseClips;
}

export const NO_ARTWORK: Artwork = { slate: null, visual: null, clips: new Map() };

/** The format every item is brought into, so that joins are seamless. */
export interface HouseFormat {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly videoBitrateKbps: number;
}
