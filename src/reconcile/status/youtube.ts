import { LOST_AT_AGE_MS } from '../broadcast/age.ts';
import { hoursText } from '../broadcast/condition.ts';
import { isConfirmed, liveAgeMs, liveOnOurStream, onOurStream } from '../broadcast/context.ts';
import { MOST_CREATIONS } from '../broadcast/timing.ts';
import type { Condition, Status } from '../model/status.ts';
import type { YouTubeSight } from '../model/youtube/context.ts';
import type { ApiMemory, YouTubeMemory } from '../model/youtube/memory.ts';
import type { Broadcast, StreamIssue, YouTubeLook } from '../model/youtube/youtube.ts';

/** The last look, while it is no older than `staleMs`; null = stream and broadcasts are not known. */
export function knownLook({ context: { observation, timing, now } }: YouTubeSight): YouTubeLook | null {
  const { look } = observation;
  return look === null || now.monoMs - look.atMs > timing.staleMs ? null : look;
}

/** The broadcast shown in `/health`: ours, else the youngest live one of our stream, else ours on its way to live. */
export function shownBroadcast(sight: YouTubeSight): Broadcast | null {
  const look = knownLook(sight);
  if (look === null) return null;
  const { current, attempt } = sight.memory;
  const live = liveOnOurStream(look);
  const ours = (id: string | null | undefined): Broadcast | undefined =>
    onOurStream(look).find((broadcast) => broadcast.id === id);
  return live.find(({ id }) => id === current?.id) ?? live.at(-1) ?? ours(attempt?.id) ?? null;
}

/** The API's state as shown: `quota` as well while the rest of the quota is kept for changes. */
export function apiOf({ context, memory, rule }: YouTubeSight): Pick<ApiMemory, 'state' | 'reason' | 'untilWallMs'> {
  if (rule !== 'youtube-saving') return memory.api;
  return { state: 'quota', reason: 'quotaReserved', untilWallMs: context.observation.quota?.resetsAtMs ?? null };
}

/**
 * The status that YouTube gives to a stream that is well by all other evidence; null = YouTube finds nothing wrong, or is not
 * known. `told`: the reason said last; with it `NotLiveAtYouTube` does not come and go between two looks.
 */
export function youTubeTrouble(sight: YouTubeSight, told: string | null): Status | null {
  const { context, memory } = sight;
  const { timing, now } = context;
  const { nothingLive } = memory;
  if (context.observation.login === null) return null;
  if (isConfirmed(nothingLive, timing)) {
    const forMs = now.monoMs - nothingLive.firstAtMs;
    const mostMs = told === 'NotLiveAtYouTube' ? timing.staleMs : timing.lookMs;
    if (forMs >= timing.notLiveMs && now.monoMs - nothingLive.lastAtMs <= mostMs) {
      const what = `the ingest takes the stream, but no broadcast of it has been live at YouTube for ${duration(forMs)}`;
      return { status: 'down', reason: 'NotLiveAtYouTube', message: `${what}; ${whatIsDone(sight)}` };
    }
  }
  const issues = memory.acknowledgedSinceMs === null ? [] : errorsOf(sight);
  if (issues.length === 0) return null;
  const message = `YouTube finds fault with the stream: ${issues.map(({ type }) => type).join(', ')}`;
  return { status: 'degraded', reason: 'YouTubeUnhealthy', message };
}

/** An older rating of the stream's health does not count. */
const HEALTH_FOR_MS = 10 * 60_000;

function errorsOf(sight: YouTubeSight): readonly StreamIssue[] {
  const stream = knownLook(sight)?.stream ?? null;
  if (stream === null) return [];
  const isOld = stream.healthAtMs !== null && sight.context.now.wallMs - stream.healthAtMs > HEALTH_FOR_MS;
  return isOld ? [] : stream.issues.filter(({ severity }) => severity === 'error');
}

/** What the daemon does about a stream without a live broadcast, or what the operator can do. */
function whatIsDone({ context, memory, rule }: YouTubeSight): string {
  if (context.desired.kind !== 'onAir')
    return 'begin one in YouTube Studio, or describe one in desired.yaml (broadcast:)';
  if (memory.blocked !== null) return `YouTube takes no other: ${memory.blocked.message}`;
  if (rule === 'broadcast-budget-spent') return `${MOST_CREATIONS} were begun in 24 hours, and no more are`;
  if (rule === 'broadcast-heal-waits') return 'the next one is begun after a wait, as the last ones ended too';
  return 'another one is being begun';
}

/** The conditions about YouTube. */
export function youTubeConditions(sight: YouTubeSight): readonly Condition[] {
  const { desired, observation } = sight.context;
  if (observation.login === null) {
    if (desired.kind === 'leave') return [];
    const message = 'desired.yaml describes a broadcast, but there is no login; run: streamctl youtube login';
    return [{ type: 'YouTubeAuthorized', status: 'False', reason: 'LoginMissing', message }];
  }
  return [authorized(sight), receives(sight), broadcastLive(sight), archiveKept(sight)];
}

function authorized({ memory: { api } }: YouTubeSight): Condition {
  const type = 'YouTubeAuthorized';
  if (api.state === 'unauthorized' || api.state === 'refused') {
    const reason = api.state === 'refused' ? 'YouTubeRefuses' : 'LoginRejected';
    return { type, status: 'False', reason, message: api.message ?? api.reason ?? 'YouTube refuses' };
  }
  if (api.proven) return { type, status: 'True', reason: 'LoggedIn', message: 'YouTube takes the login' };
  return unknown(type, api);
}

const unknown = (type: Condition['type'], api: ApiMemory): Condition => ({
  type,
  status: 'Unknown',
  reason: 'YouTubeUnknown',
  message: api.message === null ? 'YouTube has not been asked yet' : `YouTube does not say: ${api.message}`,
});

function receives(sight: YouTubeSight): Condition {
  const type = 'YouTubeReceives';
  const { memory, context } = sight;
  const look = knownLook(sight);
  if (look === null) return unknown(type, memory.api);
  if (look.stream === null) {
    const message = 'no stream of the channel has our key; log in with the channel it belongs to, or take its key';
    return { type, status: 'False', reason: 'StreamNotFound', message };
  }
  const { status } = look.stream;
  if (status === 'active') return { type, status: 'True', reason: 'StreamActive', message: 'the stream is active' };
  const forMs = memory.acknowledgedSinceMs === null ? 0 : context.now.monoMs - memory.acknowledgedSinceMs;
  if (status === null || forMs < context.timing.lookMs) {
    const message = `the stream is ${status ?? 'in no known state'}`;
    return { type, status: 'Unknown', reason: 'StreamAwaited', message };
  }
  const message = `the ingest takes our bytes, but to YouTube the stream is ${status}`;
  return { type, status: 'False', reason: 'StreamInactive', message };
}

function broadcastLive(sight: YouTubeSight): Condition {
  const type = 'BroadcastLive';
  const { memory, context } = sight;
  const look = knownLook(sight);
  if (look === null || look.stream === null) return unknown(type, memory.api);
  const live = liveOnOurStream(look);
  if (live.length > 0) {
    const told = memory.current?.refusals.at(-1);
    const refused = told === undefined ? '' : `; YouTube refused ${told}`;
    const message = `a broadcast of our stream is live${refused}${blockedText(memory)}`;
    return { type, status: 'True', reason: 'BroadcastOnAir', message };
  }
  if (memory.attempt?.step === 'starting') {
    return { type, status: 'Unknown', reason: 'BroadcastStarting', message: 'the broadcast is about to start' };
  }
  const isWanted = context.desired.kind === 'onAir' && memory.acknowledgedSinceMs !== null;
  if (isWanted && memory.blocked !== null) {
    return { type, status: 'False', reason: 'BroadcastRefused', message: memory.blocked.message };
  }
  if (isWanted && sight.rule === 'broadcast-budget-spent') {
    return { type, status: 'False', reason: 'BroadcastBudgetSpent', message: whatIsDone(sight) };
  }
  if (memory.acknowledgedSinceMs === null) {
    return { type, status: 'False', reason: 'NoBroadcast', message: 'no broadcast of our stream is live' };
  }
  if (!isConfirmed(memory.nothingLive, context.timing)) {
    const message = 'one look found no broadcast of our stream live';
    return { type, status: 'Unknown', reason: 'NoBroadcast', message };
  }
  const message = `no broadcast of our stream is live; ${whatIsDone(sight)}`;
  return { type, status: 'False', reason: 'NotLiveAtYouTube', message };
}

const blockedText = ({ blocked }: YouTubeMemory): string =>
  blocked === null ? '' : `; YouTube takes no other: ${blocked.message}`;

function archiveKept({ memory: { archives } }: YouTubeSight): Condition {
  const type = 'ArchiveKept';
  const last = archives.toSorted((a, b) => a.endedWallMs - b.endedWallMs).at(-1);
  if (last === undefined) {
    return { type, status: 'Unknown', reason: 'ArchiveAwaited', message: 'no broadcast has ended yet' };
  }
  const ended = `the broadcast that ended at ${new Date(last.endedWallMs).toISOString()}`;
  switch (last.state) {
    case 'kept':
      return { type, status: 'True', reason: 'ArchiveWhole', message: `${ended} has a public and whole video` };
    case 'awaited': {
      const message = `${ended}: ${last.why ?? 'not looked at yet'}`;
      return { type, status: 'Unknown', reason: 'ArchiveAwaited', message };
    }
    case 'lost': {
      const message = `${ended} does not count: ${last.why ?? 'no video'}`;
      return { type, status: 'False', reason: 'ArchiveLost', message };
    }
  }
}

/** The age of the live broadcast according to YouTube; null = not known. */
export function liveAtYouTubeMs(sight: YouTubeSight): number | null {
  const shown = shownBroadcast(sight);
  return shown?.lifeCycle === 'live' ? liveAgeMs(sight.memory, shown.id, sight.context.now) : null;
}

/** Whether the hours of a broadcast that we renew can count; null = we renew none, or its age is not known. */
export function renewedCountable(sight: YouTubeSight): Condition | null {
  const type = 'BroadcastCountable';
  const ageMs = liveAtYouTubeMs(sight);
  if (ageMs === null || sight.context.desired.kind !== 'onAir') return null;
  const age = `the broadcast is ${hoursText(ageMs)} old`;
  if (ageMs < LOST_AT_AGE_MS) {
    const message = `${age}; it is renewed before it is 11 h 15 min old`;
    return { type, status: 'True', reason: 'RenewalScheduled', message };
  }
  const message = `${age}, and YouTube makes a video only of those under 12 h; its renewal is tried again and again`;
  return { type, status: 'False', reason: 'BroadcastTooLong', message };
}

function duration(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
