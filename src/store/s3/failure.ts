import type { MediaFailure, MediaFailureReason } from '../../reconcile/model/reasons.ts';
import { shownKey } from '../keys.ts';
import { fieldOf } from '../../system/errors.ts';

/** What was asked of the store when it failed. */
export type StorageRequest =
  | { readonly kind: 'list'; readonly prefix: string }
  | { readonly kind: 'stat'; readonly key: string }
  | { readonly kind: 'sign'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string };

/**
 * Turns whatever the AWS SDK or Node threw into a failure whose one line says what to do. Reads only names, codes,
 * statuses and dates of the error: its texts may quote addresses and signatures, and are never passed on.
 */
export function storageFailure(error: unknown, request: StorageRequest, nowMs: number): MediaFailure {
  const shape = errorShape(error);
  return (
    clockFailure(shape, nowMs) ??
    credentialsFailure(shape) ??
    placeFailure(shape, request) ??
    networkFailure(shape) ??
    statusFailure(shape, request)
  );
}

/** What a refused request for an object's bytes says. */
export const refusalFailure = (
  { status, code }: { readonly status: number; readonly code: string },
  key: string,
  nowMs: number,
): MediaFailure => storageFailure({ name: code, $metadata: { httpStatusCode: status } }, { kind: 'stat', key }, nowMs);

/** What answers is no store, but a web server, a proxy's error page or a captive portal. */
export const NOT_A_STORE: MediaFailure = {
  reason: 'StorageError',
  message: 'what answers is no S3 store: check STORAGE_ENDPOINT, and for a proxy or captive portal in between',
};

/** Whether an answer to HEAD, which has no body, does not tell what exactly is wrong. */
export function isBodiless(error: unknown): boolean {
  const { code, status } = errorShape(error);
  return (status === 404 || status === 403 || status === 401 || status === 400) && !SPEAKING_CODES.has(code);
}

interface ErrorShape {
  readonly code: string;
  readonly status: number | null;
  readonly serverTimeMs: number | null;
}

const CREDENTIAL_CODES = new Set([
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'ExpiredToken'],
  ...['TokenRefreshRequired', 'Unauthorized', 'NotSignedUp'],
]);
const CLOCK_CODES = new Set(['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']);
const REGION_CODES = new Set([
  ...['AuthorizationHeaderMalformed', 'PermanentRedirect', 'AuthorizationQueryParametersError'],
]);
const SPEAKING_CODES = new Set([
  ...[...CREDENTIAL_CODES, ...CLOCK_CODES, ...REGION_CODES],
  ...['NoSuchBucket', 'InvalidBucketName', 'NoSuchKey'],
]);

function clockFailure({ code, serverTimeMs }: ErrorShape, nowMs: number): MediaFailure | null {
  if (!CLOCK_CODES.has(code)) return null;
  const why = skewText(serverTimeMs, nowMs);
  return failure('StorageClockSkew', `the store refuses requests because ${why}: set it by NTP`);
}

function skewText(serverTimeMs: number | null, nowMs: number): string {
  if (serverTimeMs === null) return "this machine's clock is wrong";
  const minutes = Math.round((nowMs - serverTimeMs) / 60_000);
  if (minutes === 0) return "this machine's clock and the store's disagree";
  return `this machine's clock is ${Math.abs(minutes)} min ${minutes > 0 ? 'ahead of' : 'behind'} the store's`;
}

function credentialsFailure({ code, status }: ErrorShape): MediaFailure | null {
  const rejected = (why: string): MediaFailure => failure('StorageCredentialsRejected', why);
  if (code === 'InvalidAccessKeyId')
    return rejected('the store does not know the access key: check STORAGE_ACCESS_KEY_ID');
  // Some stores, such as Swift, say the same of an access key they do not know.
  if (code === 'SignatureDoesNotMatch') return rejected(WRONG_SECRET);
  if (CREDENTIAL_CODES.has(code) || status === 401) return rejected(WRONG_CREDENTIALS);
  return null;
}

const WRONG_SECRET =
  'the secret key does not fit the access key, or that is unknown: check STORAGE_SECRET_ACCESS_KEY and STORAGE_ACCESS_KEY_ID';
const WRONG_CREDENTIALS =
  'the store rejects the credentials: check STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY';

function placeFailure({ code, status }: ErrorShape, request: StorageRequest): MediaFailure | null {
  if (REGION_CODES.has(code)) return failure('StorageError', OTHER_REGION);
  if (code === 'InvalidBucketName') return failure('StorageBucketMissing', BAD_BUCKET);
  if (code === 'NoSuchBucket' || (status === 404 && request.kind === 'list'))
    return failure('StorageBucketMissing', NO_BUCKET);
  if (code === 'NoSuchKey' || (status === 404 && request.kind !== 'put')) {
    return failure('MediaNotFound', `${subject(request)} does not exist: upload it or correct desired.yaml`);
  }
  if (status !== 403) return null;
  const what = subject(request);
  if (request.kind === 'put')
    return failure(
      'MediaForbidden',
      `the store forbids writing ${what}: give the token write permission on STORAGE_BUCKET`,
    );
  // Where the bucket may not be listed the token lacks permission; one object may have its own.
  return request.kind === 'list'
    ? failure('StorageCredentialsRejected', NO_LISTING)
    : failure('MediaForbidden', `the store forbids reading ${what}: give the token read permission for it`);
}

const OTHER_REGION = 'the store expects another region or endpoint: check STORAGE_REGION and STORAGE_ENDPOINT';
const BAD_BUCKET =
  'the store takes no bucket of that name: check STORAGE_BUCKET, and that STORAGE_ENDPOINT is that of an S3 store';
const NO_BUCKET = 'the bucket does not exist: check STORAGE_BUCKET and the endpoint or account';
const NO_LISTING = 'the store forbids listing the bucket: give the token read and list permission on STORAGE_BUCKET';

function networkFailure({ code, status }: ErrorShape): MediaFailure | null {
  const text = NETWORK_TEXT.get(code) ?? tlsText(code);
  if (text !== null) return failure('StorageUnreachable', text);
  return status !== null && status >= 502 && status <= 504
    ? failure('StorageUnreachable', `the store is unavailable (HTTP ${status}): it is asked again`)
    : null;
}

const REFUSED = 'the store accepts no connection: check STORAGE_ENDPOINT and the network';
const NO_NAME = "the store's host name cannot be resolved: check the network, DNS and STORAGE_ENDPOINT";
const NO_ANSWER = 'the store does not answer in time: check the network';
const NO_ROUTE = 'the store cannot be reached: check the network';
const BROKEN = 'the connection to the store broke: it is asked again';
const NETWORK_TEXT: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', NO_NAME],
  ['EAI_AGAIN', NO_NAME],
  ['ECONNREFUSED', REFUSED],
  ['ETIMEDOUT', NO_ANSWER],
  ['TimeoutError', NO_ANSWER],
  ['RequestTimeout', NO_ANSWER],
  ['AbortError', NO_ANSWER],
  ['EHOSTUNREACH', NO_ROUTE],
  ['ENETUNREACH', NO_ROUTE],
  ['EADDRNOTAVAIL', NO_ROUTE],
  ['ECONNRESET', BROKEN],
  ['EPIPE', BROKEN],
  ['NetworkingError', BROKEN],
]);

function tlsText(code: string): string | null {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "the store's certificate is not valid now: check this machine's clock, then the certificate";
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return "the store's certificate is for another host name: check STORAGE_ENDPOINT and dots in STORAGE_BUCKET";
  }
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|INVALID_CA)/.test(code)) {
    return "the store's certificate is signed by an unknown authority: name its bundle in SSL_CERT_FILE";
  }
  return /^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code)
    ? 'no TLS connection to the store: check that STORAGE_ENDPOINT begins with the right http or https'
    : null;
}

function statusFailure({ code, status }: ErrorShape, request: StorageRequest): MediaFailure {
  const detail = [status === null ? null : `HTTP ${status}`, code === '' ? null : code].filter((part) => part !== null);
  const suffix = detail.length === 0 ? '' : ` (${detail.join(', ')})`;
  // Faults of the request as such were found above, so this one is the object's: it may be encrypted with a key of its own.
  if (status === 400 && request.kind === 'stat') {
    const why = 'one that is encrypted with a key of its own (SSE-C) cannot be read; upload it without';
    return failure('MediaForbidden', `the store refuses ${subject(request)}${suffix}: ${why}`);
  }
  return failure('StorageError', `the store failed to ${verb(request)}${suffix}: see its own log or status page`);
}

function verb(request: StorageRequest): string {
  switch (request.kind) {
    case 'list':
      return 'list its objects';
    case 'stat':
      return `describe ${subject(request)}`;
    case 'sign':
      return `give an address for ${subject(request)}`;
    case 'put':
      return `take ${subject(request)}`;
  }
}

function subject(request: StorageRequest): string {
  return request.kind === 'list' ? 'the prefix' : shownKey(request.key);
}

function errorShape(error: unknown): ErrorShape {
  const codes = [...namesOf(error)];
  const code =
    codes.find((name) => SPEAKING_CODES.has(name) || NETWORK_TEXT.has(name) || tlsText(name) !== null) ?? codes[0];
  const response = fieldOf(error, '$response');
  const date = fieldOf(error, 'ServerTime') ?? fieldOf(fieldOf(response, 'headers'), 'date');
  const serverTimeMs = typeof date === 'string' || date instanceof Date ? new Date(date).getTime() : Number.NaN;
  return {
    code: code ?? '',
    status: responseStatusOf(error),
    serverTimeMs: Number.isNaN(serverTimeMs) ? null : serverTimeMs,
  };
}

/** Every machine-readable name of the error and, since Node wraps connection errors, of what is inside it. */
function* namesOf(error: unknown, depth = 0): Generator<string> {
  if (typeof error !== 'object' || error === null || depth > 3) return;
  for (const name of ['code', 'Code', 'name']) {
    const value = fieldOf(error, name);
    if (typeof value === 'string' && /^\w{3,60}$/.test(value) && !GENERIC_NAMES.has(value)) yield value;
  }
  yield* namesOf(fieldOf(error, 'cause'), depth + 1);
  const inner = fieldOf(error, 'errors');
  if (Array.isArray(inner)) for (const one of inner) yield* namesOf(one, depth + 1);
}

const GENERIC_NAMES = new Set(['Error', 'TypeError', 'AggregateError', 'UnknownError', 'Unknown']);

/** The HTTP status an answer of the store had; null when there was none. */
export function responseStatusOf(error: unknown): number | null {
  const status =
    fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode') ?? fieldOf(fieldOf(error, '$response'), 'statusCode');
  return typeof status === 'number' ? status : null;
}

function failure(reason: MediaFailureReason, message: string): MediaFailure {
  return { reason, message };
}
