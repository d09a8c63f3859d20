import type { ItemFacts, LocalCopy } from './item.ts';
import type { Cursor } from './programme.ts';

/** Everything needed to start one playout; the argv is built from it alone. */
export type PlayoutSpec = ItemSpec | SlateSpec;

export interface ItemSpec {
  readonly kind: 'item';
  readonly facts: ItemFacts;
  readonly format: HouseFormat;
  readonly part: ItemPart;
  /** What is shown under an item without a picture; null = it has one, or the built-in colour is shown. */
  readonly backdrop: LocalCopy | null;
  /** The backdrop in house format, to be copied; null = the backdrop is encoded. */
  readonly clip: HouseClip | null;
}

export interface SlateSpec {
  readonly kind: 'slate';
  readonly format: HouseFormat;
  /** null = the built-in colour and silence. */
  readonly source: LocalCopy | null;
  /** The source in house format, to be copied; null = the source is encoded. */
  readonly clip: HouseClip | null;
}

/** How one of an item's streams is sent. A stream that the item lacks is generated, so it counts as `transcode`. */
export type Treatment = 'copy' | 'transcode';

/** The part of the item that a run plays, and how. */
export interface ItemPart {
  readonly cursor: Cursor;
  readonly picture: Treatment;
  /** `copy` only where the picture is copied too. */
  readonly sound: Treatment;
  /** How often the item is played in this run; more than once only from its beginning. */
  readonly loops: number;
  /** How long the run plays in all; null = to the item's end, whose place is not known. */
  readonly lengthMs: number | null;
  /** The run ends at `lengthMs`, before the item does. */
  readonly cut: boolean;
}

/** Slate and visual for one item, as copies on this machine; null = none is named, or it is not copied yet. */
export interface Artwork {
  readonly slate: LocalCopy | null;
  readonly visual: LocalCopy | null;
  readonly clips: HouseClips;
}

/** By the clip's id. */
export type HouseClips = ReadonlyMap<string, HouseClip>;

/** A backdrop or slate, encoded in house format once: pictures alone and no B-frames, so that it can be cut anywhere. */
export interface HouseClip {
  readonly path: string;
  readonly fps: number;
  readonly frames: number;
  /** From one key frame to the next. */
  readonly gopFrames: number;
}

/** Slate and visuals that desired.yaml names, as far as they are on this machine. */
export interface ArtworkAtHand {
  readonly slate: LocalCopy | null;
  /** In the order of desired.yaml; null in the place of a visual that cannot be shown. */
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
