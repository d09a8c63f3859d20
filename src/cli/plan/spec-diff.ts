import { type DesiredSpec, isNamed, type MediaSource } from '../../reconcile/model/desired.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import { type ItemPart, NO_ARTWORK } from '../../reconcile/model/playout.ts';
import { playoutHash } from '../../reconcile/playout/hashes.ts';
import { itemSpec, slateSpec } from '../../reconcile/playout/spec.ts';
import { printable } from '../../text/terminal.ts';
import { type Consequence, type Effect, EFFECTS, type FieldValue } from './effect.ts';
import { BROADCAST_FIELDS, broadcastConsequence } from './spec-diff-broadcast.ts';

/** An effect in words. */
export const effectText = (effect: Effect): string =>
  effect === 'new session' ? 'new session (≤ 3 s off air)' : effect;

/** What the viewers see at the moment, as far as it is known. */
export type OnAir =
  /** `facts` null = not known: of an edit of bitrate or encode the stronger effect is then told. */
  | {
      readonly kind: 'item';
      readonly key: string;
      readonly mode: 'copy' | 'transcode' | null;
      readonly facts: ItemFacts | null;
    }
  | { readonly kind: 'slate' }
  /** No session is up, whatever is wished. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown' };

interface FieldChange {
  /** Its name in `desired.yaml`. */
  readonly field: string;
  /** As written in the file; null = nothing was applied before. */
  readonly from: string | null;
  readonly to: string;
  readonly effect: Effect;
  readonly why: string;
}

/** What becomes of the RTMP session. `begins`, `ends`: on and off air; `none`: there is none before and after. */
export type SessionFate = 'survives' | 'renewed' | 'begins' | 'ends' | 'none';

export interface SpecDiff {
  readonly changes: readonly FieldChange[];
  /** The strongest of all. */
  readonly effect: Effect;
  readonly session: SessionFate;
}

/** What would change if `to` were applied instead of `from` (null = nothing yet) while this is on air. */
export function specDiff(from: DesiredSpec | null, to: DesiredSpec, onAir: OnAir): SpecDiff {
  const changes = FIELDS.flatMap((field): FieldChange[] => {
    const [was, is] = [from === null ? undefined : field.value(from), field.value(to)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    const change = { field: field.name, from: was === undefined ? null : textOf(was), to: textOf(is) };
    return [{ ...change, ...consequence(field, from, to, onAir) }];
  });
  const effect = changes.reduce<Effect>((most, change) => stronger(most, change.effect), 'none');
  return { changes, effect, session: sessionFate(isUp(from, onAir), to.running, effect) };
}

interface Field {
  readonly name: string;
  /** As in the file: what is compared and shown. */
  readonly value: (spec: DesiredSpec) => FieldValue;
  /** While the stream is on air before and after. */
  readonly consequence: (from: DesiredSpec, to: DesiredSpec, onAir: OnAir) => Consequence;
}

const FIELDS: readonly Field[] = [
  { name: 'running', value: ({ running }) => running, consequence: () => none('') },
  { name: 'media', value: ({ media }) => media, consequence: mediaConsequence },
  { name: 'bitrate', value: ({ bitrateKbps }) => `${bitrateKbps}k`, consequence: encodingConsequence },
  {
    name: 'resolution',
    value: ({ resolution: { width, height } }) => `${width}x${height}`,
    consequence: () => NEW_SIZE,
  },
  { name: 'fps', value: ({ fps }) => fps, consequence: () => NEW_RATE },
  { name: 'encode', value: ({ encode }) => encode, consequence: encodingConsequence },
  { name: 'order', value: ({ order }) => order, consequence: orderConsequence },
  { name: 'slate', value: ({ slate }) => slate, consequence: slateConsequence },
  { name: 'visual', value: ({ visual }) => visual, consequence: visualConsequence },
  { name: 'recycle', value: ({ recycle }) => recycle, consequence: () => NEXT_FIRING },
  { name: 'recycle_pause', value: ({ recyclePauseMs }) => `${recyclePauseMs / 1000}s`, consequence: () => NEXT_FIRING },
  { name: 'timezone', value: ({ timezone }) => timezone, consequence: () => NEXT_FIRING },
  ...BROADCAST_FIELDS.map((field): Field => ({
    ...field,
    consequence: (from, to) => broadcastConsequence(field, from, to),
  })),
];

const effectOf =
  (effect: Effect) =>
  (why: string): Consequence => ({ effect, why });
const [none, nextItem, swap] = [effectOf('none'), effectOf('next item'), effectOf('swap within the session')];
const newSession = effectOf('new session');
const NEXT_FIRING = none('counts from the next recycle on');
const NEW_SIZE = newSession('an ingest is not known to take a change of size in mid-stream');
const NEW_RATE = newSession('the frame rate is part of the session');

/** Whether there is a session that could survive. */
const isUp = (from: DesiredSpec | null, onAir: OnAir): boolean => from?.running === true && onAir.kind !== 'nothing';

function consequence(field: Field, from: DesiredSpec | null, to: DesiredSpec, onAir: OnAir): Consequence {
  const up = isUp(from, onAir);
  if (field.name === 'running') {
    if (up === to.running) return none(up ? 'on air already' : 'nothing is on air');
    return up ? { effect: 'off air', why: 'the session is closed' } : { effect: 'on air', why: 'the stream starts' };
  }
  if (!to.running) return none('counts once the stream is on air');
  return from === null || !up ? none('is so from the start') : field.consequence(from, to, onAir);
}

function sessionFate(up: boolean, wished: boolean, effect: Effect): SessionFate {
  if (up && wished) return effect === 'new session' ? 'renewed' : 'survives';
  if (up) return 'ends';
  return wished ? 'begins' : 'none';
}

const stronger = (a: Effect, b: Effect): Effect => (EFFECTS.indexOf(b) > EFFECTS.indexOf(a) ? b : a);

/** The item on air plays on if the new programme has it too. */
function mediaConsequence(from: DesiredSpec, to: DesiredSpec, onAir: OnAir): Consequence {
  if (sameKeys(from.media, to.media)) return none('names the same programme');
  const { effect, why } = mediaSwap(from.media, to.media, onAir);
  const edit = editOf(from.media, to.media);
  return { effect, why: edit === null ? why : `${edit}; ${why}` };
}

/** How two lists differ, in numbers, since long ones are not shown whole. */
function editOf(from: MediaSource, to: MediaSource): string | null {
  if (from.kind !== 'list' || to.kind !== 'list') return null;
  const missingIn = (keys: readonly string[], others: ReadonlySet<string>): number =>
    keys.filter((key) => !others.has(key)).length;
  const added = missingIn(to.keys, new Set(from.keys));
  const removed = missingIn(from.keys, new Set(to.keys));
  return added + removed === 0 ? 'the same keys otherwise arranged' : `${added} added, ${removed} removed`;
}

function mediaSwap(from: MediaSource, to: MediaSource, onAir: OnAir): Consequence {
  switch (onAir.kind) {
    case 'slate':
      return swap('the slate on air gives way as soon as the new media can be had');
    case 'item':
      return isNamed(to, onAir.key)
        ? nextItem(`${shown(onAir.key)} on air is in the new programme too, and plays on`)
        : swap(`${shown(onAir.key)} on air is not in the new programme`);
    case 'nothing':
    case 'unknown':
      return keysOf(from)?.every((key) => isNamed(to, key)) === true
        ? nextItem('the new programme has all of the old one')
        : swap('unless the item on air is in the new programme too; what is on air is not known');
  }
}

/** Bitrate and encode are judged together, as one may undo the effect of the other. */
function encodingConsequence(from: DesiredSpec, edited: DesiredSpec, onAir: OnAir): Consequence {
  const to = { ...from, bitrateKbps: edited.bitrateKbps, encode: edited.encode };
  if (onAir.kind === 'slate') {
    return playoutHash(slateSpec(from, NO_ARTWORK)) === playoutHash(slateSpec(to, NO_ARTWORK))
      ? nextItem('the slate on air does not depend on it')
      : swap('the slate on air is encoded by it');
  }
  if (onAir.kind === 'item' && onAir.facts !== null) return encodingByFacts(from, to, onAir.key, onAir.facts);
  const mode = onAir.kind === 'item' ? onAir.mode : null;
  if (mode === 'copy' && leavesCopies(from, to)) return nextItem('the item on air is copied, and stays so');
  if (mode === 'transcode' && to.encode === 'transcode' && from.bitrateKbps === to.bitrateKbps) {
    return nextItem('the item on air is transcoded already');
  }
  if (mode === 'transcode' && from.bitrateKbps !== to.bitrateKbps) {
    return swap('the item on air is transcoded');
  }
  return swap('unless the item on air fits as it is; its format is not at hand');
}

function encodingByFacts(from: DesiredSpec, to: DesiredSpec, key: string, facts: ItemFacts): Consequence {
  const cursor = { round: 0, index: 0, key, offsetMs: 0 };
  const budget = { urlTtlMs: Number.MAX_SAFE_INTEGER, sole: false };
  const [before, after] = [
    itemSpec(facts, from, cursor, budget, NO_ARTWORK),
    itemSpec(facts, to, cursor, budget, NO_ARTWORK),
  ];
  const [was, is] = [before, after].map(({ part }) => treatedAs(part));
  if (playoutHash(before) === playoutHash(after)) return nextItem(`${shown(key)} on air is ${was}, and stays as it is`);
  return swap(`${shown(key)} on air ${was === is ? `is ${is} anew` : `was ${was} and is ${is} then`}`);
}

const treatedAs = ({ picture, sound }: ItemPart): string =>
  sound === 'copy' ? 'copied' : picture === 'copy' ? 'copied but for its sound' : 'transcoded';

/** Whether a copied item stays copied whatever its format is: copying is forced, or the bitrate allowed has not fallen. */
const leavesCopies = (from: DesiredSpec, to: DesiredSpec): boolean =>
  to.encode === 'copy' || (from.encode === to.encode && to.bitrateKbps >= from.bitrateKbps);

function orderConsequence(_from: DesiredSpec, to: DesiredSpec): Consequence {
  const keys = keysOf(to.media);
  return keys !== null && keys.length < 3
    ? none('fewer than three items have but one order')
    : nextItem('the item on air plays on');
}

function slateConsequence(from: DesiredSpec, to: DesiredSpec, onAir: OnAir): Consequence {
  return onAir.kind === 'slate' && from.slate !== to.slate
    ? swap('the slate is on air')
    : none('shown when a slate is needed next');
}

function visualConsequence(from: DesiredSpec, to: DesiredSpec, onAir: OnAir): Consequence {
  if (onAir.kind !== 'item' || onAir.facts === null || onAir.facts.video !== null) {
    return nextItem('counts for the next audio-only item');
  }
  const isSame = from.visual !== null && to.visual !== null && sameKeys(from.visual, to.visual);
  if (isSame) return none('names the same visuals');
  const stays = to.visual !== null && to.visual.kind !== 'key';
  return swap(stays ? 'unless the visual under the sound on air is wished still' : 'it is under the sound on air');
}

/** null = only the store knows. */
function keysOf(media: MediaSource): readonly string[] | null {
  switch (media.kind) {
    case 'key':
      return [media.key];
    case 'list':
      return media.keys;
    case 'prefix':
      return null;
  }
}

function sameKeys(a: MediaSource, b: MediaSource): boolean {
  const [left, right] = [keysOf(a), keysOf(b)];
  if (left === null || right === null) return false;
  return left.length === right.length && left.every((key, index) => key === right[index]);
}

const MOST_KEYS = 3;
const LONGEST_KEY = 80;

function textOf(value: FieldValue): string {
  if (typeof value === 'string') return shown(value);
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  if (value.kind !== 'list') return shown(value.kind === 'key' ? value.key : value.prefix);
  const { keys } = value;
  const rest = keys.length - MOST_KEYS;
  return `[${keys.slice(0, MOST_KEYS).map(shown).join(', ')}${rest > 0 ? `, … ${rest} more` : ''}]`;
}

/** A key that would not stand bare in the file is quoted; long ones are cut. */
function shown(key: string): string {
  const short = key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key;
  return /^[\p{L}\p{N}_./*][\p{L}\p{N}\p{M}_./()*, +-]*…?$/u.test(short) ? short : printable(JSON.stringify(short));
}
