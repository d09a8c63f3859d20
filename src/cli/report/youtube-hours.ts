import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Calendar } from './calendar.ts';
import { grouped } from './text.ts';
import { readSettings } from '../../environment/read-settings.ts';
import { STATE_FILES } from '../../state/files.ts';
import type { YouTubeHours } from '../../youtube/hours.ts';
import type { Invocation } from '../command.ts';

/** What YouTube tells of the hours; why it does not, where it was asked in vain. */
type HoursAnswer =
  { readonly kind: 'ok'; readonly hours: YouTubeHours } | { readonly kind: 'failed'; readonly why: string };

/** Asks YouTube, where there is a login; null = there is none, and YouTube's code was not loaded. */
export async function youtubeHoursFor({ env, cwd }: Invocation): Promise<HoursAnswer | null> {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') return null;
  const { settings } = read;
  if (settings.youtube === null || !existsSync(join(settings.stateDir, STATE_FILES.youtubeToken))) return null;
  if (settings.streamKey === null) return { kind: 'failed', why: 'YOUTUBE_STREAM_KEY is not set' };
  const [{ connectSettings }, { askHours }] = await Promise.all([
    import('../youtube/connection.ts'),
    import('../../youtube/hours.ts'),
  ]);
  const { youtube } = connectSettings(settings, settings.youtube);
  const stream = await youtube.findStream(settings.streamKey);
  if (stream.kind === 'failed') return { kind: 'failed', why: stream.failure.message };
  if (stream.value === null) return { kind: 'failed', why: 'no stream of the channel has YOUTUBE_STREAM_KEY' };
  const hours = await askHours(youtube, stream.value.id, Date.now());
  return hours.kind === 'ok' ? { kind: 'ok', hours: hours.value } : { kind: 'failed', why: hours.failure.message };
}

const MOST_LISTED = 10;

/** Rows for people, a label and a text each. The hours are an upper bound, so they never stand without "at most". */
export function hoursTexts(answer: HoursAnswer, calendar: Calendar): readonly (readonly [string, string])[] {
  if (answer.kind === 'failed') return [['YouTube', `not known: ${answer.why}`]];
  const { archives, atMostMin, wholeMin, lostMin, upToDay, why } = answer.hours;
  const count = (state: string): number => archives.filter((each) => each.state === state).length;
  const lost = archives.filter((each) => each.state === 'lost');
  const late = `YouTube is 2 to 3 days late${upToDay === null ? '' : `: data up to ${upToDay}`}`;
  const awaited = count('awaited');
  const hours =
    atMostMin === null
      ? `watch hours not known: ${why ?? 'Analytics does not tell'}`
      : `counts at most ${hoursOf(atMostMin)} in 365 d (${late})`;
  const more = lost.length - MOST_LISTED;
  const below = [
    `${ofThat(wholeMin)}${plural(count('whole'), 'broadcast')} whose video is public and whole`,
    ...(lost.length === 0 ? [] : [`lost: ${ofThat(lostMin)}${plural(lost.length, 'broadcast')}:`]),
    ...lost
      .slice(0, MOST_LISTED)
      .map((each) => `  ${calendar.timeOf(each.startedAtMs)} ${each.title}: ${each.why ?? ''}`),
    ...(more > 0 ? [`  and ${String(more)} more, see --json`] : []),
    ...(awaited === 0 ? [] : [`${plural(awaited, 'archive')} still to come`]),
    "YouTube's own figure: Studio, Earn",
  ];
  return [['YouTube', hours], ...below.map((text) => ['', text] as const)];
}

/** The same for programs. */
export function hoursJson(answer: HoursAnswer | null): object | null {
  if (answer === null || answer.kind === 'failed') return answer === null ? null : { unknown: answer.why };
  const { archives, atMostMin, wholeMin, lostMin, upToDay } = answer.hours;
  return {
    atMostMinutes: atMostMin,
    wholeMinutes: wholeMin,
    lostMinutes: lostMin,
    upToDay,
    archives: archives.map(({ id, title, startedAtMs, endedAtMs, state, why }) => ({
      id,
      title,
      from: new Date(startedAtMs).toISOString(),
      to: new Date(endedAtMs).toISOString(),
      state,
      why,
    })),
  };
}

const hoursOf = (minutes: number): string => `${grouped(minutes / 60)} h`;
const ofThat = (minutes: number | null): string => (minutes === null ? '' : `${hoursOf(minutes)} in `);
const plural = (count: number, what: string): string => `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
