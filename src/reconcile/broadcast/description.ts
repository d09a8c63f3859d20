import type { Applied, Fillings, OwnBroadcast } from '../model/youtube/memory.ts';
import type { BroadcastSpec, VideoEdit } from '../model/youtube/youtube.ts';
import { clockOf } from '../../text/zone.ts';

/** YouTube's limits (developers.google.com/youtube/v3/live/docs/liveBroadcasts, snippet). */
export const LONGEST_TITLE = 100;
export const LONGEST_DESCRIPTION_BYTES = 5_000;

/** The names that may stand in braces in title and description. */
export const PLACEHOLDERS = ['date', 'time', 'n', 'item'] as const;

interface Rendered {
  readonly text: string;
  /** What had to be changed, in words; empty = nothing. */
  readonly notes: readonly string[];
}

/** The title with its placeholders filled: 1 to 100 characters without `<` and `>`. */
export function renderTitle(template: string, fillings: Fillings, timezone: string): Rendered {
  const filled = fill(template, fillings, timezone).replace(/\s+/gu, ' ').trim();
  const clean = withoutAngles(filled);
  const text = cutAtWord(clean, LONGEST_TITLE, lengthOf);
  const notes = notesOf('title', filled, clean, text, `${LONGEST_TITLE} characters`);
  return { text: text === '' ? `#${fillings.n}` : text, notes };
}

/** The description with its placeholders filled: at most 5,000 bytes without `<` and `>`. */
export function renderDescription(template: string, fillings: Fillings, timezone: string): Rendered {
  const filled = fill(template, fillings, timezone);
  const clean = withoutAngles(filled);
  const text = cutAtWord(clean, LONGEST_DESCRIPTION_BYTES, bytesOf);
  return { text, notes: notesOf('description', filled, clean, text, `${LONGEST_DESCRIPTION_BYTES} bytes`) };
}

function fill(template: string, { beginWallMs, n, item }: Fillings, timezone: string): string {
  const begin = clockOf(timezone)(beginWallMs);
  const values: Readonly<Record<(typeof PLACEHOLDERS)[number], string>> = {
    date: begin.slice(0, 10),
    time: begin.slice(11, 16),
    n: String(n),
    item: item ?? '',
  };
  return template.replace(/\{(date|time|n|item)\}/g, (_, name: (typeof PLACEHOLDERS)[number]) => values[name]);
}

const withoutAngles = (text: string): string => text.replace(/[<>]/g, '');
/** Characters as people count them: a surrogate pair is one. */
export const lengthOf = (text: string): number => Array.from(text).length;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** As much of the text as the limit allows, ending with a whole word where there is one. */
function cutAtWord(text: string, most: number, sizeOf: (text: string) => number): string {
  if (sizeOf(text) <= most) return text;
  let cut = '';
  let size = 0;
  for (const character of text) {
    size += sizeOf(character);
    if (size > most) break;
    cut += character;
  }
  const goesOnInWord = /\S/.test(text.charAt(cut.length));
  const wordEnd = goesOnInWord ? cut.search(/\s+\S*$/) : cut.length;
  return (wordEnd > 0 ? cut.slice(0, wordEnd) : cut).trimEnd();
}

function notesOf(what: string, filled: string, clean: string, text: string, limit: string): readonly string[] {
  return [
    ...(clean === filled ? [] : [`< and > were left out of the ${what}`]),
    ...(text === clean ? [] : [`the ${what} was cut to ${limit}`]),
  ];
}

/** What of the file is still to be applied to a broadcast, by the call that applies it; null = nothing by that call. */
export interface Changes {
  readonly edit: { readonly edit: VideoEdit; readonly notes: readonly string[]; readonly applies: Applied } | null;
  readonly thumbnail: string | null;
  readonly playlist: string | null;
}

/**
 * A key is applied when its value differs from the one applied last, so that a change made in Studio stays until the file is
 * edited. An empty value removes only what came from the file.
 */
export function changesFor(own: OwnBroadcast, spec: BroadcastSpec, timezone: string): Changes {
  const { applied, fillings } = own;
  const isDue = (key: keyof BroadcastSpec): boolean => {
    const [old, wanted] = [applied[key], spec[key]];
    if (old === undefined) return !isEmpty(wanted);
    return JSON.stringify(old) !== JSON.stringify(wanted);
  };
  const title = isDue('title') ? renderTitle(spec.title, fillings, timezone) : null;
  const description = isDue('description') ? renderDescription(spec.description, fillings, timezone) : null;
  const edit: VideoEdit = {
    ...(title === null ? {} : { title: title.text }),
    ...(description === null ? {} : { description: description.text }),
    ...(isDue('category') && spec.category !== null ? { categoryId: spec.category } : {}),
    ...(isDue('tags') ? { tags: spec.tags } : {}),
    ...(isDue('privacy') ? { privacy: spec.privacy } : {}),
    ...(isDue('madeForKids') ? { madeForKids: spec.madeForKids } : {}),
  };
  const notes = [...(title?.notes ?? []), ...(description?.notes ?? [])];
  const due = EDITED_KEYS.filter(isDue);
  const applies: Applied = Object.fromEntries(due.map((key) => [key, spec[key]]));
  return {
    edit: Object.keys(edit).length === 0 ? null : { edit, notes, applies },
    thumbnail: isDue('thumbnail') ? spec.thumbnail : null,
    playlist: isDue('playlist') ? spec.playlist : null,
  };
}

const EDITED_KEYS = ['title', 'description', 'category', 'tags', 'privacy', 'madeForKids'] as const;

const isEmpty = (value: BroadcastSpec[keyof BroadcastSpec]): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);

/** What a broadcast created by this spec has from its beginning. */
export function appliedAtBeginning({ title, description, privacy, madeForKids, latency }: BroadcastSpec): Applied {
  return { title, description, privacy, madeForKids, latency };
}
