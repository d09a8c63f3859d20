import { describe, expect, it } from 'vitest';
import { storageFailure, type StorageRequest } from '../../../src/store/s3/failure.ts';

const list: StorageRequest = { kind: 'list', prefix: 'loops/' };
const stat: StorageRequest = { kind: 'stat', key: 'loops/rain.mp4' };
const NOW_MS = Date.UTC(2026, 0, 1, 12, 0, 0);
const sdkError = (name: string, httpStatusCode: number, more: object = {}): object => ({
  ...{ name, message: `secret https://host/x?X-Amz-Signature=abc`, $metadata: { httpStatusCode } },
  ...more,
});
const nodeError = (code: string): Error =>
  Object.assign(new Error('connect https://host/x?X-Amz-Signature=abc'), { code });

describe('storageFailure', () => {
  const cases: readonly (readonly [string, unknown, StorageRequest, string, RegExp])[] = [
    ['an unknown access key', sdkError('InvalidAccessKeyId', 403), list, 'StorageCredentialsRejected', /ACCESS_KEY_ID/],
    ['a wrong secret', sdkError('SignatureDoesNotMatch', 403), stat, 'StorageCredentialsRejected', /SECRET_ACCESS_KEY/],
    [
      'that the access key may be to blame for a signature',
      sdkError('SignatureDoesNotMatch', 403),
      stat,
      'StorageCredentialsRejected',
      /STORAGE_ACCESS_KEY_ID/,
    ],
    ['401', sdkError('UnknownError', 401), stat, 'StorageCredentialsRejected', /credentials/],
    ['403 for the bucket', sdkError('AccessDenied', 403), list, 'StorageCredentialsRejected', /list permission/],
    ['403 for an object', sdkError('AccessDenied', 403), stat, 'MediaForbidden', /"loops\/rain\.mp4"/],
    ['a missing bucket', sdkError('NoSuchBucket', 404), stat, 'StorageBucketMissing', /STORAGE_BUCKET/],
    [
      'a name that is none',
      sdkError('InvalidBucketName', 400),
      list,
      'StorageBucketMissing',
      /BUCKET.*STORAGE_ENDPOINT/,
    ],
    ['a name that is none, of an object', sdkError('InvalidBucketName', 400), stat, 'StorageBucketMissing', /BUCKET/],
    ['400 for an object, where the bucket is in order', sdkError('400', 400), stat, 'MediaForbidden', /SSE-C/],
    ['400 for anything else', sdkError('InvalidRequest', 400), list, 'StorageError', /HTTP 400, InvalidRequest/],
    ['a missing key', sdkError('NotFound', 404), stat, 'MediaNotFound', /"loops\/rain\.mp4"/],
    ['another region', sdkError('PermanentRedirect', 301), list, 'StorageError', /STORAGE_REGION/],
    ['an outage', sdkError('ServiceUnavailable', 503), list, 'StorageUnreachable', /503/],
    ['an internal error', sdkError('InternalError', 500), list, 'StorageError', /HTTP 500, InternalError/],
    ['no DNS', nodeError('ENOTFOUND'), list, 'StorageUnreachable', /DNS/],
    ['no DNS for now', nodeError('EAI_AGAIN'), list, 'StorageUnreachable', /DNS/],
    ['nobody listening', nodeError('ECONNREFUSED'), list, 'StorageUnreachable', /STORAGE_ENDPOINT/],
    [
      'several addresses, all refused',
      new AggregateError([nodeError('ECONNREFUSED')]),
      list,
      'StorageUnreachable',
      /STORAGE_ENDPOINT/,
    ],
    ['a wrapped error', new Error('x', { cause: nodeError('EHOSTUNREACH') }), list, 'StorageUnreachable', /network/],
    ['silence', Object.assign(new Error('x'), { name: 'TimeoutError' }), list, 'StorageUnreachable', /in time/],
    ['an expired certificate', nodeError('CERT_HAS_EXPIRED'), list, 'StorageUnreachable', /clock/],
    ['an unknown authority', nodeError('DEPTH_ZERO_SELF_SIGNED_CERT'), list, 'StorageUnreachable', /SSL_CERT_FILE/],
    ['another host’s certificate', nodeError('ERR_TLS_CERT_ALTNAME_INVALID'), list, 'StorageUnreachable', /host name/],
    ['no TLS', nodeError('EPROTO'), list, 'StorageUnreachable', /http or https/],
    ['anything else', new Error('X-Amz-Signature=abc'), stat, 'StorageError', /describe "loops\/rain\.mp4"/],
    ['what is no error at all', null, list, 'StorageError', /list/],
  ];
  it.each(cases)('knows %s and says what to do', (_name, error, request, reason, text) => {
    const failure = storageFailure(error, request, NOW_MS);
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(text);
    expect(failure.message).not.toMatch(/X-Amz|https:\/\/|secret https|\n/);
  });

  it('says by how many minutes the clock is off, and to which side', () => {
    const skewed = (date: string): string =>
      storageFailure(sdkError('RequestTimeTooSkewed', 403, { $response: { headers: { date } } }), list, NOW_MS).message;
    expect(skewed('Thu, 01 Jan 2026 13:00:00 GMT')).toContain('60 min behind');
    expect(skewed('Thu, 01 Jan 2026 11:30:00 GMT')).toContain('30 min ahead');
    expect(skewed('nonsense')).toContain('clock is wrong');
    const byBody = sdkError('RequestTimeTooSkewed', 403, { ServerTime: '2026-01-01T12:20:00Z' });
    expect(storageFailure(byBody, list, NOW_MS)).toMatchObject({
      reason: 'StorageClockSkew',
      message: expect.stringContaining('20 min behind'),
    });
  });

  it('quotes a hostile key on one bounded line', () => {
    const key = `a\n\u001b[31m${'x'.repeat(900)}`;
    const { message } = storageFailure(sdkError('NoSuchKey', 404), { kind: 'stat', key }, NOW_MS);
    expect([message.includes('\n'), message.includes('\u001b')]).toEqual([false, false]);
    expect(message.length).toBeLessThan(400);
  });
});
