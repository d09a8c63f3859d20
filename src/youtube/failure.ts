import type { HttpAnswer } from './wire/http.ts';
import type { YouTubeFailure, YouTubeFailureKind } from '../reconcile/model/youtube/youtube.ts';
import { fieldOf } from '../system/errors.ts';
import { parseJson } from '../system/json.ts';

/**
 * The kind of failure that each word of YouTube's or OAuth's stands for. From the reference of the live streaming API
 * (…/live/docs/errors), the data API's global errors and RFC 6749.
 */
const KINDS: Readonly<Record<string, YouTubeFailureKind>> = {
  // The login.
  authError: 'unauthorized',
  UNAUTHENTICATED: 'unauthorized',
  invalid_grant: 'unauthorized',
  invalid_client: 'unauthorized',
  deleted_client: 'unauthorized',
  unauthorized_client: 'unauthorized',
  admin_policy_enforced: 'unauthorized',
  insufficientPermissions: 'unauthorized',
  insufficientLivePermissions: 'unauthorized',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'unauthorized',
  // What somebody has to change at Google.
  accessNotConfigured: 'refused',
  SERVICE_DISABLED: 'refused',
  liveStreamingNotEnabled: 'refused',
  livePermissionBlocked: 'refused',
  channelClosed: 'refused',
  channelSuspended: 'refused',
  accountClosed: 'refused',
  accountSuspended: 'refused',
  youtubeSignupRequired: 'refused',
  // How often.
  quotaExceeded: 'quota',
  dailyLimitExceeded: 'quota',
  rateLimitExceeded: 'rate',
  RATE_LIMIT_EXCEEDED: 'rate',
  userRequestsExceedRateLimit: 'rate',
  userRateLimitExceeded: 'rate',
  uploadRateLimitExceeded: 'rate',
  // How many.
  concurrentBroadcastsExceedLimit: 'limit',
  sharedIngestionBroadcastsExceedLimit: 'limit',
  userBroadcastsExceedLimit: 'limit',
  limitExceeded: 'limit',
  // The state of things.
  errorStreamInactive: 'inactive',
  redundantTransition: 'conflict',
  invalidTransition: 'conflict',
  liveBroadcastBindingNotAllowed: 'conflict',
  liveBroadcastDeletionNotAllowed: 'conflict',
  videoAlreadyInPlaylist: 'conflict',
  liveBroadcastNotFound: 'missing',
  liveStreamNotFound: 'missing',
  videoNotFound: 'missing',
  playlistNotFound: 'missing',
  notFound: 'missing',
  // Theirs.
  backendError: 'unavailable',
  internalError: 'unavailable',
  errorExecutingTransition: 'unavailable',
  SERVICE_UNAVAILABLE: 'unavailable',
};

/** What to do about a word, where its kind does not tell enough. */
const REMEDIES: Readonly<Record<string, string>> = {
  invalid_grant:
    'the login was revoked or has expired; run "streamctl youtube login" (if that is needed every 7 days, the app\'s publishing status is Testing: set it to In production)',
  invalid_client:
    'YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET are not those of an OAuth client of the type "TVs and Limited Input devices"',
  deleted_client: 'the OAuth client was deleted, as Google does after six months unused; create another, then log in',
  admin_policy_enforced: "the Google Workspace's administrator does not allow this app",
  insufficientPermissions: 'the login may not do this; run "streamctl youtube login" again',
  insufficientLivePermissions: 'the login may not manage live streams; run "streamctl youtube login" again',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'the login may not do this; run "streamctl youtube login" again',
  accessNotConfigured:
    'enable "YouTube Data API v3" in the Google Cloud project of the client (APIs & Services, Library), then wait some minutes',
  SERVICE_DISABLED:
    'enable the API in the Google Cloud project of the client (APIs & Services, Library), then wait some minutes',
  liveStreamingNotEnabled: 'enable live streaming for the channel at youtube.com/features; it takes up to 24 hours',
  livePermissionBlocked: 'YouTube has blocked live streaming for the channel: see YouTube Studio',
  youtubeSignupRequired: 'the account has no YouTube channel; log in again and choose the channel',
  sharedIngestionBroadcastsExceedLimit: 'three broadcasts are live on this stream key already; end one in Studio',
  concurrentBroadcastsExceedLimit: 'ten broadcasts are live on this channel already; end one in Studio',
  userBroadcastsExceedLimit: 'the channel has created as many live streams as YouTube allows in 24 hours',
  limitExceeded: 'the channel has created as many live streams as YouTube allows in 24 hours',
};

const MEANINGS: Readonly<Record<YouTubeFailureKind, string>> = {
  unauthorized: 'YouTube does not accept the login; run "streamctl youtube login"',
  refused: 'YouTube refuses this',
  quota: "the day's quota is used up; it begins anew at midnight Pacific time",
  rate: 'YouTube asks for fewer requests',
  limit: 'YouTube allows no more broadcasts now',
  inactive: 'YouTube receives no data on the stream yet',
  conflict: 'YouTube is in another state than was thought',
  missing: 'YouTube knows no such thing',
  invalid: 'YouTube does not take a value',
  unavailable: 'YouTube does not answer as it should',
};

/** What a table says of this word: YouTube's may be one that every object has, such as `constructor`. */
const own = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** A failure by its word, kind and remedy included. */
export function failureOf(
  reason: string,
  kind: YouTubeFailureKind = own(KINDS, reason) ?? 'refused',
  retryAfterMs: number | null = null,
): YouTubeFailure {
  const what = kind === 'invalid' ? invalidText(reason) : (own(REMEDIES, reason) ?? MEANINGS[kind]);
  return { kind, reason, message: `${what} (${reason})`, retryAfterMs };
}

/** A failure as the answer of a call. */
export const failed = (failure: YouTubeFailure): { readonly kind: 'failed'; readonly failure: YouTubeFailure } => ({
  kind: 'failed',
  failure,
});

/** The failure that an answer stands for which is no success. */
export function failureOfAnswer(answer: HttpAnswer): YouTubeFailure {
  if (answer.kind === 'none') {
    const reason = answer.reason === 'cut' || answer.reason === 'tooLarge' ? 'badAnswer' : answer.reason;
    const code = answer.code === '' ? '' : `, ${answer.code}`;
    return { ...failureOf(reason, 'unavailable'), message: `${MEANINGS.unavailable} (${reason}${code})` };
  }
  const { status, text, retryAfterMs } = answer;
  const words = wordsIn(text);
  const known = words.find((word) => Object.hasOwn(KINDS, word));
  const reason = known ?? words[0] ?? `http${String(status)}`;
  return failureOf(reason, kindOf(reason, status), retryAfterMs);
}

/** An answer of status 200 that is not what the reference describes. */
export const BAD_ANSWER: YouTubeFailure = failureOf('badAnswer', 'unavailable');

function kindOf(reason: string, status: number): YouTubeFailureKind {
  const known = own(KINDS, reason);
  // What a server that is down answers may use any word.
  if (status >= 500 || status < 400) return 'unavailable';
  if (known !== undefined) return known;
  if (status === 401) return 'unauthorized';
  if (status === 429) return 'rate';
  if (status === 404) return 'missing';
  if (reason.endsWith('ModificationNotAllowed')) return 'conflict';
  return status === 400 ? 'invalid' : 'refused';
}

/** `invalidTitle` names the field that YouTube does not take; other words name none. */
function invalidText(reason: string): string {
  const [, field] = /^invalid([A-Z][A-Za-z]*)$/.exec(reason) ?? [];
  const isField = field !== undefined && field !== 'Value' && field !== 'Parameter' && field !== 'Argument';
  return isField ? `YouTube does not take the ${wordsOf(field)}` : MEANINGS.invalid;
}

const wordsOf = (camel: string): string => camel.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();

const MOST_WORDS = 20;

/**
 * The words of an error, most telling first: `error.errors[].reason`, then `error.details[].reason`, then the status.
 * OAuth has `error` alone. Nothing else of the text is used: it holds addresses and project numbers.
 */
function wordsIn(text: string): readonly string[] {
  const error = fieldOf(parseJson(text), 'error');
  const listed = [fieldOf(error, 'errors'), fieldOf(error, 'details')].flatMap((list) =>
    Array.isArray(list) ? list.slice(0, MOST_WORDS).map((each: unknown) => fieldOf(each, 'reason')) : [],
  );
  return [...listed, fieldOf(error, 'status'), error].filter(isWord);
}

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z][\w]{0,59}$/.test(value);
