import type { z } from 'zod';
import type { NewBroadcast, VideoEdit } from '../../reconcile/model/youtube/youtube.ts';
import type { videoSchema } from './schema.ts';

/**
 * A new broadcast as YouTube wants it. A field that is left out gets a default of YouTube's or the channel's, so all are
 * set. Only this service starts and ends the broadcast. Without the monitor stream it can go from ready to live. With DVR
 * and record from start its archive is there at once. Without embedding other sites show "error 153".
 */
export function insertBody({ title, description, scheduledAtMs, privacy, madeForKids, latency }: NewBroadcast) {
  return {
    snippet: { title, description, scheduledStartTime: new Date(scheduledAtMs).toISOString() },
    status: { privacyStatus: privacy, selfDeclaredMadeForKids: madeForKids },
    contentDetails: {
      enableAutoStart: false,
      enableAutoStop: false,
      enableDvr: true,
      recordFromStart: true,
      enableEmbed: true,
      latencyPreference: latency,
      monitorStream: { enableMonitorStream: false },
    },
  };
}

/**
 * What to send for an edit of this video; null = it is as wished already. A part that changes is sent whole, as YouTube
 * wipes fields that are left out.
 */
export function videoUpdate({ id, snippet, status }: z.output<typeof videoSchema>, edit: VideoEdit) {
  const tags = snippet?.tags ?? [];
  const snippetChanges =
    differs(edit.title, snippet?.title) ||
    differs(edit.description, snippet?.description ?? '') ||
    differs(edit.categoryId, snippet?.categoryId) ||
    (edit.tags !== undefined && JSON.stringify(edit.tags) !== JSON.stringify(tags));
  const statusChanges =
    differs(edit.privacy, status?.privacyStatus) || differs(edit.madeForKids, status?.selfDeclaredMadeForKids);
  if (!snippetChanges && !statusChanges) return null;
  const newSnippet = {
    title: edit.title ?? snippet?.title,
    description: edit.description ?? snippet?.description,
    categoryId: edit.categoryId ?? snippet?.categoryId,
    tags: edit.tags === undefined ? snippet?.tags : [...edit.tags],
    defaultLanguage: snippet?.defaultLanguage,
    defaultAudioLanguage: snippet?.defaultAudioLanguage,
  };
  const newStatus = {
    privacyStatus: edit.privacy ?? status?.privacyStatus,
    selfDeclaredMadeForKids: edit.madeForKids ?? status?.selfDeclaredMadeForKids,
    embeddable: status?.embeddable,
    license: status?.license,
    publicStatsViewable: status?.publicStatsViewable,
    publishAt: status?.publishAt,
    containsSyntheticMedia: status?.containsSyntheticMedia,
  };
  return {
    id,
    ...(snippetChanges ? { snippet: withoutNull(newSnippet) } : {}),
    ...(statusChanges ? { status: withoutNull(newStatus) } : {}),
  };
}

const differs = <T>(wished: T | undefined, now: T | null | undefined): boolean =>
  wished !== undefined && wished !== now;

type WithoutNull<T> = { [Key in keyof T]?: Exclude<T[Key], null | undefined> };

function withoutNull<T extends object>(value: T): WithoutNull<T> {
  const kept = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(kept) as WithoutNull<T>;
}
