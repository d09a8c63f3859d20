import type { Order } from './desired.ts';

/** The offset of a cursor whose item has been played to its end. */
export const END_OF_ITEM = Number.MAX_SAFE_INTEGER;

/** The keys to play, in the operator's order, and how to go through them. */
export interface Programme {
  readonly keys: readonly string[];
  readonly order: Order;
  /** Seeds the shuffle: the same for every daemon of one state directory. */
  readonly seed: string;
}

/** A place in the programme. `key` finds it again after the list was edited. */
export interface Cursor {
  readonly round: number;
  readonly index: number;
  readonly key: string;
  readonly offsetMs: number;
  /** The version of the object in which `offsetMs` was reached; another version begins at 0. Absent = not known. */
  readonly version?: string | undefined;
}
