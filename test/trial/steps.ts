import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Broadcast, Video, YouTubeFailure } from '../../src/reconcile/model/youtube/youtube.ts';
import type { YouTube, YouTubeResult } from '../../src/youtube/port.ts';
import { pacificDay } from '../../src/youtube/quota.ts';
import { insertBody } from '../../src/youtube/wire/bodies.ts';
import type { Transport } from '../../src/youtube/wire/transport.ts';

/** What a trial works with. */
interface Trial {
  readonly youtube: YouTube;
  readonly ask: Transport;
  readonly apiUrl: string;
  readonly streamId: string;
  /** How long each of the two broadcasts is live. */
  readonly liveMs: number;
  /** How long it waits for what YouTube does at its leisure, and how often it looks. */
  readonly patienceMs: number;
  readonly everyMs: number;
  /** How long it waits for the archives. */
  readonly archiveMs: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  readonly found: (question: string, answer: string) => void;
}

/** The first failure that ends a trial; null = it came to its end, or was interrupted. */
type End = YouTubeFailure | null;

/** Music: another category than the one a channel has unless it says so. */
const TRIED_CATEGORY = '10';
const TITLE = 'Trial of Stream Controller, please ignore';
const DAY_MS = 24 * 3600 * 1000;

/**
 * Begins an unlisted broadcast on our stream, renews it once without a pause, and measures on the way what YouTube's
 * documentation does not say. Whatever happens, every broadcast that it began is completed or deleted at the end.
 */
export async function runTrial(trial: Trial): Promise<End> {
  const begun: string[] = [];
  try {
    return await renewOnce(trial, begun);
  } finally {
    await tidyUp(trial, begun);
  }
}

async function renewOnce(trial: Trial, begun: string[]): Promise<End> {
  const { youtube, tell, found, signal } = trial;
  const first = await goLive(trial, begun, 'the first broadcast');
  if (first.kind === 'failed') return first.failure;
  await pause(trial.liveMs, signal);
  if (signal.aborted) return null;

  const second = await goLive(trial, begun, 'the second broadcast');
  if (second.kind === 'failed') return second.failure;
  tell(`both are live now: which of them does https://www.youtube.com/channel/CHANNEL/live show?`);
  const overlapAtMs = performance.now();
  const completed = await youtube.transitionBroadcast(first.value, 'complete');
  if (completed.kind === 'failed') return completed.failure;
  const gone = await until(trial, async () => (await lifeCycleOf(trial, first.value)) === 'complete');
  found('from both live to the first complete', seconds(gone, overlapAtMs));
  await tryRefusals(trial, first.value, second.value);
  await pause(trial.liveMs, signal);
  if (signal.aborted) return null;

  const ended = await youtube.transitionBroadcast(second.value, 'complete');
  if (ended.kind === 'failed') return ended.failure;
  const autoStart = await tryAutoStart(trial, begun);
  if (autoStart !== null || signal.aborted) return autoStart;
  await tryAnalytics(trial);
  await tryArchives(trial, [first.value, second.value]);
  return null;
}

/** Insert, bind, live: the id once it is live. */
async function goLive(trial: Trial, begun: string[], what: string): Promise<YouTubeResult<string>> {
  const { youtube, tell, found } = trial;
  const inserted = await insert(trial, false);
  if (inserted.kind === 'failed') return inserted;
  const id = inserted.value;
  begun.push(id);
  const insertedAtMs = performance.now();
  tell(`${what} is https://www.youtube.com/watch?v=${id}`);
  const listed = await until(trial, async () => (await idsOf(trial, 'upcoming')).includes(id));
  found(`${what}: from insert to the list of upcoming ones`, seconds(listed, insertedAtMs));
  const bound = await youtube.bindBroadcast(id, trial.streamId);
  if (bound.kind === 'failed') return bound;
  const transitioned = await youtube.transitionBroadcast(id, 'live');
  if (transitioned.kind === 'failed') return transitioned;

  const askedAtMs = performance.now();
  const seen = new Set<string>();
  const live = await until(trial, async () => {
    const lifeCycle = await lifeCycleOf(trial, id);
    const isActive = (await idsOf(trial, 'active')).includes(id);
    if (lifeCycle !== null) seen.add(`${lifeCycle}${isActive ? ' (in the list of active ones)' : ''}`);
    return lifeCycle === 'live';
  });
  found(`${what}: from the transition to live`, seconds(live, askedAtMs));
  found(`${what}: states on the way`, [...seen].join(', '));
  const video = await until(trial, async () => (await videosOf(trial, [id])).length > 0);
  found(`${what}: its video is there`, video === null ? 'not in time' : 'yes');
  const category = await categoryOf(trial, id);
  found(`${what}: categoryId at insert is taken`, category === TRIED_CATEGORY ? 'yes' : `no: ${category}`);
  return { kind: 'ok', value: id };
}

/** Inserts as the daemon does, scheduled for now, but with a category, and with auto-start where that is tried. */
async function insert({ ask, apiUrl: base }: Trial, autoStart: boolean): Promise<YouTubeResult<string>> {
  const body = insertBody({
    title: TITLE,
    description: '',
    scheduledAtMs: Date.now(),
    privacy: 'unlisted',
    madeForKids: false,
    latency: 'normal',
  });
  const json = {
    ...body,
    snippet: { ...body.snippet, categoryId: TRIED_CATEGORY },
    contentDetails: { ...body.contentDetails, enableAutoStart: autoStart },
  };
  const answer = await ask({
    method: 'POST',
    base,
    path: '/youtube/v3/liveBroadcasts',
    query: { part: 'id,snippet,status,contentDetails' },
    body: { type: 'application/json', bytes: JSON.stringify(json) },
    counts: 'write',
    schema: z.looseObject({ id: z.string() }),
  });
  return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.id } : answer;
}

async function tryRefusals({ youtube, found }: Trial, completed: string, live: string): Promise<void> {
  const asked: readonly (readonly [string, Promise<YouTubeResult<null>>])[] = [
    ['live for a complete one', youtube.transitionBroadcast(completed, 'live')],
    ['bind for a live one', youtube.bindBroadcast(live, 'no-such-stream')],
    ['delete for a live one', youtube.deleteBroadcast(live)],
  ];
  for (const [question, answer] of asked) found(question, wordOf(await answer));
}

/** What auto-start does on a stream that is active already. */
async function tryAutoStart(trial: Trial, begun: string[]): Promise<End> {
  const inserted = await insert(trial, true);
  if (inserted.kind === 'failed') return inserted.failure;
  const id = inserted.value;
  begun.push(id);
  const bound = await trial.youtube.bindBroadcast(id, trial.streamId);
  if (bound.kind === 'failed') return bound.failure;
  const boundAtMs = performance.now();
  const live = await until(trial, async () => (await lifeCycleOf(trial, id)) === 'live');
  const answer = live === null ? 'nothing: it stays ready' : `it goes live by itself, ${seconds(live, boundAtMs)}`;
  trial.found('auto-start, bound to a stream that is active', answer);
  return null;
}

async function tryAnalytics({ youtube, found }: Trial): Promise<void> {
  const answer = await youtube.report({
    firstDay: pacificDay(Date.now() - 28 * DAY_MS),
    lastDay: pacificDay(Date.now()),
    metrics: ['estimatedMinutesWatched'],
    dimensions: ['creatorContentType'],
    videoIds: null,
  });
  found('Analytics with the scope youtube', wordOf(answer));
}

async function tryArchives(trial: Trial, ids: readonly string[]): Promise<void> {
  const endedAtMs = performance.now();
  const patient = { ...trial, patienceMs: trial.archiveMs, everyMs: trial.everyMs * 5 };
  const whole = await until(patient, async () => {
    const videos = await videosOf(trial, ids);
    const isWhole = videos.every(({ upload, durationMs }) => upload === 'processed' && durationMs !== 0);
    return isWhole && videos.length === ids.length;
  });
  trial.found('both archives are there', seconds(whole, endedAtMs));
  for (const { id, durationMs, startedAtMs, endedAtMs: end } of await videosOf(trial, ids)) {
    const lived = startedAtMs === null || end === null ? 'unknown' : String(Math.round((end - startedAtMs) / 1000));
    const length = durationMs === null ? 'unknown' : String(Math.round(durationMs / 1000));
    trial.found(`archive of ${id}`, `${length} s of ${lived} s`);
  }
}

/** Completes what is live, deletes what is not. Not interrupted. */
async function tidyUp({ youtube, tell }: Trial, begun: readonly string[]): Promise<void> {
  const seen = await youtube.broadcasts({ kind: 'ids', ids: begun });
  if (seen.kind === 'failed') {
    tell(`look into Studio for what is left of it: ${begun.join(', ')}`);
    return;
  }
  for (const { id, lifeCycle } of seen.value) {
    if (lifeCycle === 'complete') continue;
    const isOn = lifeCycle === 'live' || lifeCycle === 'testing';
    const done = isOn ? await youtube.transitionBroadcast(id, 'complete') : await youtube.deleteBroadcast(id);
    if (done.kind === 'failed') tell(`look into Studio for ${id}: ${done.failure.message}`);
  }
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** When it came true; null = not in time. */
async function until({ patienceMs, everyMs, signal }: Trial, isTrue: () => Promise<boolean>): Promise<number | null> {
  const endAtMs = performance.now() + patienceMs;
  for (;;) {
    if (await isTrue()) return performance.now();
    if (signal.aborted || performance.now() >= endAtMs) return null;
    await pause(everyMs, signal);
  }
}

async function lifeCycleOf({ youtube }: Trial, id: string): Promise<Broadcast['lifeCycle']> {
  return (await valueOf(youtube.broadcasts({ kind: 'ids', ids: [id] })))?.[0]?.lifeCycle ?? null;
}

async function idsOf({ youtube }: Trial, kind: 'active' | 'upcoming'): Promise<readonly string[]> {
  return ((await valueOf(youtube.broadcasts({ kind }))) ?? []).map(({ id }) => id);
}

async function categoryOf({ ask, apiUrl: base }: Trial, id: string): Promise<string> {
  const schema = z.looseObject({
    items: z.array(z.looseObject({ snippet: z.looseObject({ categoryId: z.string() }) })),
  });
  const query = { part: 'snippet', id };
  const answer = await ask({ method: 'GET', base, path: '/youtube/v3/videos', query, counts: 'read', schema });
  return answer.kind === 'ok' ? (answer.value.items[0]?.snippet.categoryId ?? 'no video') : answer.failure.reason;
}

const videosOf = async ({ youtube }: Trial, ids: readonly string[]): Promise<readonly Video[]> =>
  (await valueOf(youtube.videos(ids))) ?? [];

async function valueOf<T>(asked: Promise<YouTubeResult<T>>): Promise<T | null> {
  const answer = await asked;
  return answer.kind === 'ok' ? answer.value : null;
}

const wordOf = (answer: YouTubeResult<unknown>): string =>
  answer.kind === 'ok' ? 'taken' : `refused: ${answer.failure.reason}`;

const seconds = (atMs: number | null, sinceMs: number): string =>
  atMs === null ? 'not in time' : `${((atMs - sinceMs) / 1000).toFixed(1)} s`;
