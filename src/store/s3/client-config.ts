import type { S3Settings } from '../settings.ts';

/** SigV4 allows no longer life than seven days, and no shorter one than a second. */
export const MAX_URL_TTL_S = 604_800;

// Few attempts and short waits: the loop asks again every second, and must notice within 5 s that a store is back.
const MAX_ATTEMPTS = 2;
const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 4_000;

/**
 * The options of the S3 clients. A request ends, retries included, within about ten seconds. Everything that the SDK would
 * look up in `~/.aws` or `AWS_*` is set here, so that the settings alone decide.
 */
export function s3ClientConfig(settings: S3Settings) {
  return {
    region: settings.region,
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
    forcePathStyle: settings.forcePathStyle,
    // The SDK's default puts x-amz-checksum-mode into signed GET addresses, which R2 answers with 403.
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard' as const,
    defaultsMode: 'standard' as const,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // For an answer that begins and falls silent.
      socketTimeout: REQUEST_TIMEOUT_MS,
      // Without it the timeout is only a warning.
      throwOnRequestTimeout: true,
    },
  };
}
