import { keyProblem, shownKey } from '../keys.ts';
import { type Storage, failed } from '../port.ts';
import { MAX_URL_TTL_S } from './client-config.ts';
import { storageFailure } from './failure.ts';
import type { S3Settings } from '../settings.ts';
import { connectS3, once } from './client.ts';

/**
 * Signs GET addresses with the SDK. Its packages are loaded by the first signature: start-up does not pay for them.
 * `clockOffsetMs`: how far the store's clock is ahead of this machine's; addresses are dated by the store's.
 */
export function createS3Signer(settings: S3Settings, clockOffsetMs = (): number => 0): Storage['getStreamUrl'] {
  const connected = once(() => connectS3(settings, { caFile: null, maxSockets: 1 }));
  return async (key, ttlS) => {
    const problem = keyProblem(key);
    if (problem !== null) return failed({ reason: 'MediaNotFound', message: `key ${shownKey(key)} ${problem}` });
    try {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
      const { sdk, client } = await connected();
      const url = await getSignedUrl(client, new sdk.GetObjectCommand({ Bucket: settings.bucket, Key: key }), {
        expiresIn: Math.min(Math.max(1, Math.floor(ttlS)), MAX_URL_TTL_S),
        signingDate: new Date(Date.now() + clockOffsetMs()),
      });
      return { kind: 'ok', value: url };
    } catch (error) {
      return failed(storageFailure(error, { kind: 'sign', key }, Date.now()));
    }
  };
}
