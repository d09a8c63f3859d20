import type { Order } from './desired.ts';

/** An offset that no item reaches: the cursor's item has been played to its end. */
export const END_OF_ITEM = Number.MAX_SAFE_INTEGER;

/** The keys to play, in the operator's order, and how to go through them. */
export interface Programme {
  readonly keys: readonly string[];
  readonly order: Order;
  /** Makes the shuffle the same for every daemon of one state directory. */
  readonly seed: string;
}

/** A place in the programme. `key` is kept so that an edited list does not move what is on air. */
export interface Cursor {
  readonly round: number;
  readonly index: number;
  readonly key: string;
  readonly offsetMs: number;
  /** The version of the object that `offsetMs` was reached in: another one begins at its beginning. Absent = not known. */
  readonly version?: string | undefined;
}
