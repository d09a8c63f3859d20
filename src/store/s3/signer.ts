import type { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { keyProblem, shownKey } from '../keys.ts';
import type { MediaResult, UrlSigner } from '../port.ts';
import { MAX_URL_TTL_S, s3ClientConfig } from './client-config.ts';
import { storageFailure } from './failure.ts';
import type { S3Settings } from '../settings.ts';

interface Aws {
  readonly client: S3Client;
  readonly GetObject: typeof GetObjectCommand;
  readonly sign: typeof getSignedUrl;
}

/** Signs GET addresses with the SDK. Its packages are loaded by the first signature: start-up does not pay for them. */
export function createS3Signer(settings: S3Settings): UrlSigner {
  let aws: Promise<Aws> | null = null;
  let clockOffsetMs = 0;

  async function sign(key: string, ttlS: number): Promise<MediaResult<string>> {
    const problem = keyProblem(key);
    if (problem !== null) {
      return { kind: 'failed', failure: { reason: 'MediaNotFound', message: `key ${shownKey(key)} ${problem}` } };
    }
    try {
      // A load that failed is tried again.
      aws ??= loadAws(settings).catch((error: unknown) => {
        aws = null;
        throw error;
      });
      const { client, GetObject, sign: getUrl } = await aws;
      const url = await getUrl(client, new GetObject({ Bucket: settings.bucket, Key: key }), {
        expiresIn: Math.min(Math.max(1, Math.floor(ttlS)), MAX_URL_TTL_S),
        signingDate: new Date(Date.now() + clockOffsetMs),
      });
      return { kind: 'ok', value: url };
    } catch (error) {
      return { kind: 'failed', failure: storageFailure(error, { kind: 'sign', key }, Date.now()) };
    }
  }

  return Object.assign(sign, {
    setClockOffsetMs: (offsetMs: number): void => {
      clockOffsetMs = offsetMs;
    },
  });
}

async function loadAws(settings: S3Settings): Promise<Aws> {
  const [s3, presigner] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/s3-request-presigner')]);
  return {
    client: new s3.S3Client(s3ClientConfig(settings)),
    GetObject: s3.GetObjectCommand,
    sign: presigner.getSignedUrl,
  };
}
