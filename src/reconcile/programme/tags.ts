import { type MediaTables, fetched, lastKnown } from '../model/observation.ts';
import type { PlayoutRecord } from '../model/run.ts';

/** The tags of an item; null = not tagged, or not known (yet). */
export interface Tags {
  readonly title: string | null;
  readonly artist: string | null;
}

/** The tags of the item that this run plays, if the known facts are of the same version of the object. */
export function tagsOf(media: MediaTables, record: PlayoutRecord | null): Tags {
  const facts = record?.kind === 'item' ? lastKnown(fetched(media.facts, record.key)) : null;
  if (record?.kind !== 'item' || facts?.version !== record.version) return { title: null, artist: null };
  return { title: facts.title ?? null, artist: facts.artist ?? null };
}
