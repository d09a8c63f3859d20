import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import type { BroadcastSpec } from '../../reconcile/model/youtube/youtube.ts';
import type { Consequence, FieldValue } from './effect.ts';

interface BroadcastField {
  /** As in the file, with `broadcast.` before it. */
  readonly name: string;
  readonly value: (spec: DesiredSpec) => FieldValue;
  /** While a broadcast is described before and after. */
  readonly edit: Consequence;
}

const live = (name: string, key: keyof BroadcastSpec, why: string): BroadcastField => ({
  name: `broadcast.${name}`,
  value: ({ broadcast }) => valueOf(broadcast, key),
  edit: { effect: 'live broadcast', why },
});

/** Keys of `broadcast`, and what an edit of each does; the stream itself never changes by them. */
export const BROADCAST_FIELDS: readonly BroadcastField[] = [
  live('title', 'title', 'the live broadcast is renamed'),
  live('made_for_kids', 'madeForKids', 'the live broadcast is changed'),
  live('description', 'description', 'the live broadcast is described anew'),
  live('privacy', 'privacy', 'the live broadcast is changed'),
  live('category', 'category', 'the live broadcast is changed'),
  live('tags', 'tags', 'the live broadcast is changed'),
  live('thumbnail', 'thumbnail', 'the live broadcast gets the new picture'),
  live('playlist', 'playlist', 'the live broadcast is added to it, and stays in the old one'),
  {
    ...live('latency', 'latency', ''),
    edit: { effect: 'next broadcast', why: 'YouTube changes the latency of none that is live' },
  },
];

/** What an edit of this key does at YouTube. */
export function broadcastConsequence({ edit }: BroadcastField, from: DesiredSpec, to: DesiredSpec): Consequence {
  if (to.broadcast === null) return { effect: 'none', why: "YouTube's side is left alone from now on" };
  if (from.broadcast !== null) return edit;
  return {
    effect: 'live broadcast',
    why: 'the one that is live is adopted and so described; where none is, one is begun',
  };
}

function valueOf(broadcast: BroadcastSpec | null, key: keyof BroadcastSpec): FieldValue {
  if (broadcast === null) return undefined;
  const value = broadcast[key];
  return typeof value === 'object' ? (value?.join(', ') ?? null) : value;
}
