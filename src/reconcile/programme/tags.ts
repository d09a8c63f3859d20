import { fetched, type MediaTables } from '../model/observation.ts';
import type { PlayoutRecord } from '../model/run.ts';

/** How an item is tagged; null = it is not, or that is not known (yet). */
export interface Tags {
  readonly title: string | null;
  readonly artist: string | null;
}

/** The tags of what this run plays, by the facts of that very version of the object. */
export function tagsOf(media: MediaTables, record: PlayoutRecord | null): Tags {
  const seen = record?.kind === 'item' ? fetched(media.facts, record.key) : null;
  const facts = seen?.kind === 'ok' ? seen.value : seen?.kind === 'failed' ? (seen.lastGood?.value ?? null) : null;
  if (record?.kind !== 'item' || facts?.version !== record.version) return { title: null, artist: null };
  return { title: facts.title ?? null, artist: facts.artist ?? null };
}
