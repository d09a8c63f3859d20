import type { Moment } from '../../model/observation.ts';
import { API_WELL, type ApiMemory, type Applied, type YouTubeMemory } from '../../model/youtube/memory.ts';
import {
  API_STATE_AFTER,
  type YouTubeAnswer,
  type YouTubeCall,
  type YouTubeFailure,
} from '../../model/youtube/youtube.ts';
import type { BroadcastContext } from '../../model/youtube/context.ts';
import type { Timing } from '../../model/youtube/timing.ts';

/** Takes the answer of the last call into memory; a call that an earlier daemon made counts as lost. */
export function accountAnswer(memory: YouTubeMemory, context: BroadcastContext): YouTubeMemory {
  const { pending } = memory;
  const { answer, asking } = context.observation;
  if (pending === null || asking === pending.nonce) return memory;
  const settled: YouTubeMemory = { ...memory, pending: null };
  // The answer is lost, but the next look shows what the call changed.
  if (answer?.nonce !== pending.nonce) return changed(settled, pending.call, context.now.monoMs, context.timing);
  const { outcome } = answer;
  return outcome.kind === 'ok'
    ? accountSuccess(settled, pending, outcome.id, answer, context.timing)
    : accountFailure(settled, pending, outcome.failure, answer, context);
}

/** How often an edit, thumbnail or playlist is tried on a video that is not there yet. */
const MOST_TRIES = 5;

/** How often the deletion of an unwanted broadcast is tried: with its waits for about four hours. */
const MOST_WITHDRAWALS = 20;

/** Names a write by what it does to which broadcast. */
export const writeName = (call: YouTubeCall): string =>
  [
    call.kind,
    ...('to' in call ? [call.to] : []),
    ...('id' in call ? [call.id] : []),
    ...(call.kind === 'insert' ? [call.broadcast.scheduledAtMs] : []),
  ].join(' ');

const triesOf = (memory: YouTubeMemory, call: YouTubeCall): number => memory.writes[writeName(call)]?.tries ?? 0;

/** Whether a look shows nothing of the call: reads, and the edits of a video. */
const changesNothing = ({ kind }: YouTubeCall): boolean =>
  ['look', 'readVideo', 'edit', 'thumbnail', 'addToPlaylist'].includes(kind);

/** After a change earlier looks no longer count, and looks come fast for a while. */
function changed(memory: YouTubeMemory, call: YouTubeCall, atMs: number, timing: Timing): YouTubeMemory {
  if (changesNothing(call)) return memory;
  return { ...memory, pace: { ...memory.pace, changedAtMs: atMs, fastUntilMs: atMs + timing.fastForMs } };
}

type Pending = NonNullable<YouTubeMemory['pending']>;

function accountSuccess(
  before: YouTubeMemory,
  { call, applies }: Pending,
  id: string | null,
  { atMs }: YouTubeAnswer,
  timing: Timing,
): YouTubeMemory {
  const memory = changed({ ...before, api: { ...API_WELL, proven: true } }, call, atMs, timing);
  const { attempt, current } = memory;
  switch (call.kind) {
    case 'look':
    case 'readVideo':
    case 'transition':
      return memory;
    case 'insert':
      return attempt === null ? memory : { ...memory, attempt: { ...attempt, id, step: 'created' } };
    case 'bind':
      return attempt?.id === call.id ? { ...memory, attempt: { ...attempt, step: 'bound' } } : memory;
    case 'delete':
      return attempt?.id === call.id ? { ...memory, attempt: null } : memory;
    case 'edit':
    case 'thumbnail':
    case 'addToPlaylist':
      return current?.id === call.id
        ? { ...memory, current: { ...current, applied: { ...current.applied, ...applies } } }
        : memory;
  }
}

function accountFailure(
  before: YouTubeMemory,
  { call, applies }: Pending,
  failure: YouTubeFailure,
  { atMs }: YouTubeAnswer,
  context: BroadcastContext,
): YouTubeMemory {
  const { timing, now } = context;
  const memory = changed(before, call, atMs, timing);
  const waiting: YouTubeMemory = { ...memory, api: apiAfter(memory.api, failure, context) };
  const { attempt } = memory;
  switch (call.kind) {
    case 'look':
    case 'readVideo':
      return waiting;
    case 'insert':
      // If YouTube created it in spite of the answer, a look finds it by its time and title.
      if (failure.kind === 'unavailable' || attempt === null) return waiting;
      return { ...notCreated(waiting), blocked: blockedBy(failure, attempt.spec, timing, now) };
    case 'bind':
      return isOfTheApi(failure) ? waiting : memory;
    case 'transition':
      if (call.to === 'live' && failure.kind === 'limit') {
        return { ...memory, blocked: blockedBy(failure, null, timing, now) };
      }
      return isOfTheApi(failure) ? waiting : memory;
    case 'delete':
      if (attempt?.id !== call.id) return memory;
      // Nothing waits for an unwanted broadcast: its deletion is tried again, and a look shows when it is gone.
      if (attempt.unwanted && triesOf(memory, call) < MOST_WITHDRAWALS) {
        return isOfTheApi(failure) ? waiting : memory;
      }
      if (failure.kind !== 'refused' && isOfTheApi(failure)) return waiting;
      // YouTube keeps it, so it is forgotten here.
      return { ...memory, attempt: null };
    case 'edit':
    case 'thumbnail':
    case 'addToPlaylist':
      // The video of a broadcast appears some seconds after the broadcast.
      if (failure.kind === 'missing' && triesOf(memory, call) < MOST_TRIES) return memory;
      // What YouTube refuses is told, and not tried again before the file is edited.
      if (failure.kind === 'refused' || !isOfTheApi(failure)) return refusedTrimming(memory, call, applies, failure);
      return waiting;
  }
}

/** Whether the failure concerns the whole API: no other call would succeed now. */
const isOfTheApi = ({ kind }: YouTubeFailure): boolean => API_STATE_AFTER[kind] !== null;

/** The API's state until the next call, and when that may come. */
function apiAfter(
  before: ApiMemory,
  failure: YouTubeFailure,
  { observation, timing, now }: BroadcastContext,
): ApiMemory {
  const { reason, message, retryAfterMs } = failure;
  const state = API_STATE_AFTER[failure.kind] ?? 'backoff';
  const forMs = (ms: number): ApiMemory => ({
    state,
    reason,
    message,
    untilMs: now.monoMs + ms,
    untilWallMs: now.wallMs + ms,
    failures: before.failures + 1,
    proven: before.proven,
  });
  switch (state) {
    case 'unauthorized':
    case 'refused':
      return forMs(timing.finalMs);
    case 'quota': {
      const resetsAtMs = observation.quota?.resetsAtMs ?? 0;
      return forMs(resetsAtMs > now.wallMs ? resetsAtMs - now.wallMs : timing.finalMs);
    }
    case 'backoff': {
      const waitMs = Math.min(timing.backoffFirstMs * 2 ** Math.min(before.failures, 20), timing.backoffMostMs);
      return forMs(Math.max(waitMs, Math.min(retryAfterMs ?? 0, 24 * 3_600_000)));
    }
  }
}

/** Nothing was created: it is not counted, and the next attempt is announced anew. */
const notCreated = (memory: YouTubeMemory): YouTubeMemory => ({
  ...memory,
  attempt: null,
  creationsWallMs: memory.creationsWallMs.slice(0, -1),
});

function blockedBy(
  { kind, reason, message }: YouTubeFailure,
  spec: NonNullable<YouTubeMemory['attempt']>['spec'] | null,
  timing: Timing,
  now: Moment,
): YouTubeMemory['blocked'] {
  if (kind === 'invalid') return { reason, message, untilMs: null, spec: JSON.stringify(spec) };
  if (kind === 'limit') return { reason, message, untilMs: now.monoMs + timing.finalMs, spec: null };
  return null;
}

function refusedTrimming(
  memory: YouTubeMemory,
  call: YouTubeCall & { readonly id: string },
  applies: Applied,
  { reason }: YouTubeFailure,
): YouTubeMemory {
  const { current } = memory;
  if (current?.id !== call.id) return memory;
  const refusals = [...current.refusals, `${Object.keys(applies).join(', ')}: ${reason}`].slice(-8);
  return { ...memory, current: { ...current, applied: { ...current.applied, ...applies }, refusals } };
}
