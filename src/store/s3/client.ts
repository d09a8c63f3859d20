import type * as S3 from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { s3ClientConfig } from './client-config.ts';
import type { S3Settings } from '../settings.ts';

/** The SDK, and a client of it. */
export interface Aws {
  readonly sdk: typeof S3;
  readonly client: S3.S3Client;
}

/** Options in which one use of the store differs from `s3ClientConfig`. */
export interface ClientChoices {
  /** Bundle of authorities for https; null = Node's own. */
  readonly caFile: string | null;
  readonly maxSockets: number;
  readonly maxAttempts?: number;
  readonly requestTimeout?: number;
  readonly socketTimeout?: number;
}

/** Loads the SDK and makes a client; rejects where the bundle of authorities cannot be read. */
export async function connectS3(
  settings: S3Settings,
  { caFile, maxSockets, maxAttempts, ...timeouts }: ClientChoices,
): Promise<Aws> {
  const sdk = await import('@aws-sdk/client-s3');
  const config = s3ClientConfig(settings);
  const ca = caFile === null ? {} : { ca: await readFile(caFile) };
  const requestHandler = { ...config.requestHandler, ...timeouts, httpsAgent: { keepAlive: true, maxSockets, ...ca } };
  return {
    sdk,
    client: new sdk.S3Client({ ...config, maxAttempts: maxAttempts ?? config.maxAttempts, requestHandler }),
  };
}

/** Calls `make` at the first call and gives its result at every later one; where it failed, the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    }));
}
