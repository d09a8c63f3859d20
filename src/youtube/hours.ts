import { LOST_AT_AGE_MS } from '../reconcile/broadcast/age.ts';
import { ARCHIVE_TOLERANCE_MS, ARCHIVE_WITHIN_MS } from '../reconcile/broadcast/timing.ts';
import type { Broadcast, Video } from '../reconcile/model/youtube/youtube.ts';
import type { YouTube, YouTubeResult } from './port.ts';
import { pacificDay } from './quota.ts';
import { DAY_MS } from '../text/zone.ts';

/** Whether a broadcast that ended has become a video, so that its hours count. */
export interface Archive {
  readonly id: string;
  readonly title: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** `whole`: its hours can count. `awaited`: YouTube may still be at work on it. */
  readonly state: 'whole' | 'awaited' | 'lost';
  /** Why its hours do not count; null unless it is lost. */
  readonly why: string | null;
}

/** Hours towards YouTube's 4,000, as far as its API tells. A number is null where it does not. */
export interface YouTubeHours {
  /** Youngest first. */
  readonly archives: readonly Archive[];
  /** Watched in 365 days, Shorts left out: an upper bound of what counts. */
  readonly atMostMin: number | null;
  /** Of that, in broadcasts of our stream whose video is public and whole. */
  readonly wholeMin: number | null;
  /** Watched in broadcasts of our stream whose hours do not count. */
  readonly lostMin: number | null;
  /** The last Pacific day with numbers; Analytics is two to three days late. */
  readonly upToDay: string | null;
  /** Why there are no numbers; null where there are. */
  readonly why: string | null;
}

const YEAR_MS = 365 * DAY_MS;
const VIDEOS_A_CALL = 50;
/** What Analytics takes in one filter. */
const IDS_A_REPORT = 500;
const LATEST_DAYS = 14;

/**
 * Looks at the archive of every broadcast of this stream in the last 365 days, and asks Analytics for the hours watched.
 * Where Analytics gives no numbers that is no failure: the archives alone tell which hours can count.
 */
export async function askHours(
  youtube: YouTube,
  streamId: string,
  nowMs: number,
): Promise<YouTubeResult<YouTubeHours>> {
  const completed = await youtube.broadcasts({ kind: 'completed' });
  if (completed.kind === 'failed') return completed;
  const ours = completed.value.flatMap((each) => endedOf(each, streamId, nowMs));
  const videos = new Map<string, Video>();
  for (let at = 0; at < ours.length; at += VIDEOS_A_CALL) {
    const answer = await youtube.videos(ours.slice(at, at + VIDEOS_A_CALL).map(({ id }) => id));
    if (answer.kind === 'failed') return answer;
    for (const video of answer.value) videos.set(video.id, video);
  }
  const archives = ours
    .map((each) => archiveOf(each, videos.get(each.id) ?? null, nowMs))
    .toSorted((a, b) => b.startedAtMs - a.startedAtMs);
  const watched = await askWatched(youtube, archives, nowMs);
  return { kind: 'ok', value: { archives, ...watched } };
}

type Ended = Omit<Archive, 'state' | 'why'>;

function endedOf({ id, title, streamId: bound, startedAtMs, endedAtMs }: Broadcast, streamId: string, nowMs: number) {
  const isOurs = bound === streamId && startedAtMs !== null && endedAtMs !== null && endedAtMs > nowMs - YEAR_MS;
  return isOurs ? [{ id, title: title ?? '', startedAtMs, endedAtMs }] : [];
}

/** The archive of a broadcast, by its video; null = there is no such video. */
export function archiveOf(ended: Ended, video: Video | null, nowMs: number): Archive {
  const lost = (why: string): Archive => ({ ...ended, state: 'lost', why });
  const livedMs = ended.endedAtMs - ended.startedAtMs;
  if (video === null) return lost('there is no video of it: it was deleted');
  const isMade = video.upload === 'processed' && video.durationMs !== null && video.durationMs > 0;
  if (!isMade) {
    if (livedMs >= LOST_AT_AGE_MS) return lost('longer than 12 hours, so no video was made of it');
    const mayCome = video.upload === 'uploaded' || video.upload === null || video.upload === 'processed';
    if (mayCome && nowMs - ended.endedAtMs < ARCHIVE_WITHIN_MS) return { ...ended, state: 'awaited', why: null };
    return lost(`no video was made of it (${video.upload ?? 'unknown'})`);
  }
  if (video.privacy !== 'public') return lost(`its video is ${video.privacy ?? 'perhaps not public'}`);
  const missingMs = livedMs - (video.durationMs ?? 0);
  if (missingMs > ARCHIVE_TOLERANCE_MS) return lost(`its video lacks ${String(Math.round(missingMs / 60_000))} min`);
  return { ...ended, state: 'whole', why: null };
}

type Watched = Omit<YouTubeHours, 'archives'>;

async function askWatched(youtube: YouTube, archives: readonly Archive[], nowMs: number): Promise<Watched> {
  const year = { firstDay: pacificDay(nowMs - YEAR_MS), lastDay: pacificDay(nowMs) };
  const minutes = { metrics: ['estimatedMinutesWatched'], videoIds: null };
  const byContent = await youtube.report({ ...year, ...minutes, dimensions: ['creatorContentType'] });
  const latest = { ...year, firstDay: pacificDay(nowMs - LATEST_DAYS * DAY_MS) };
  const byDay = await youtube.report({ ...latest, ...minutes, dimensions: ['day'] });
  const idsOf = (state: Archive['state']): readonly string[] =>
    archives.filter((each) => each.state === state).map(({ id }) => id);
  const whole = await minutesOf(youtube, year, idsOf('whole'));
  const lost = await minutesOf(youtube, year, idsOf('lost'));
  const days = byDay.kind === 'ok' ? byDay.value.map(([day]) => String(day)).toSorted() : [];
  const known = { wholeMin: whole, lostMin: lost, upToDay: days.at(-1) ?? null };
  if (byContent.kind === 'failed') return { ...known, atMostMin: null, why: byContent.failure.message };
  const counted = byContent.value.filter(([content]) => !/^shorts$/i.test(String(content)));
  return { ...known, atMostMin: sum(counted.map((row) => row.at(-1))), why: null };
}

/** Minutes watched of these videos; null = Analytics does not tell. */
async function minutesOf(
  youtube: YouTube,
  year: { readonly firstDay: string; readonly lastDay: string },
  ids: readonly string[],
): Promise<number | null> {
  let total = 0;
  for (let at = 0; at < ids.length; at += IDS_A_REPORT) {
    const videoIds = ids.slice(at, at + IDS_A_REPORT);
    const answer = await youtube.report({ ...year, metrics: ['estimatedMinutesWatched'], dimensions: [], videoIds });
    if (answer.kind === 'failed') return null;
    total += sum(answer.value.map((row) => row[0]));
  }
  return total;
}

const sum = (values: readonly unknown[]): number =>
  values.reduce<number>((total, value) => total + (typeof value === 'number' ? value : 0), 0);
