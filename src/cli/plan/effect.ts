import type { MediaSource } from '../../reconcile/model/desired.ts';

/** What a change does to the stream, the strongest last. */
export const EFFECTS = [
  'none',
  'next broadcast',
  'live broadcast',
  'next item',
  'swap within the session',
  'new session',
  'off air',
  'on air',
] as const;
export type Effect = (typeof EFFECTS)[number];

/** What an edit of a key does, and why. */
export interface Consequence {
  readonly effect: Effect;
  readonly why: string;
}

/** The value of a key as it is compared and shown; undefined = there is no such key. */
export type FieldValue = undefined | string | boolean | number | null | MediaSource;
