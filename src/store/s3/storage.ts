import type { ListedObject } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { compareNaturally } from '../key-order.ts';
import { isMediaObject, keyProblem, shownKey } from '../keys.ts';
import { type MediaResult, type Storage, failed } from '../port.ts';
import { isBodiless, NOT_A_STORE, storageFailure } from './failure.ts';
import type { S3Settings } from '../settings.ts';
import { type Aws, connectS3, once } from './client.ts';

interface S3StorageOptions {
  readonly getStreamUrl: Storage['getStreamUrl'];
  readonly maxObjects: number;
  /** Bundle of authorities for https; null = Node's own. */
  readonly caFile: string | null;
  /** Told how far the store's clock is ahead, after a request that showed it: signed addresses need to know. */
  readonly onClockOffset: (offsetMs: number) => void;
}

/** Any S3-compatible store. The SDK is loaded by the first request, so that start-up does not pay for it. */
export function createS3Storage(settings: S3Settings, options: S3StorageOptions): Storage {
  const Bucket = settings.bucket;
  const open = once(() => connectS3(settings, { caFile: options.caFile, maxSockets: 8 }));

  async function connected<T>(request: (aws: Aws) => Promise<T>): Promise<T> {
    const aws = await open();
    try {
      return await request(aws);
    } finally {
      options.onClockOffset(aws.client.config.systemClockOffset);
    }
  }

  return {
    getStreamUrl: options.getStreamUrl,

    async listMedia(prefix) {
      try {
        return await connected((aws) => listAll(aws, Bucket, prefix, options.maxObjects));
      } catch (error) {
        return failed(storageFailure(error, { kind: 'list', prefix }, Date.now()));
      }
    },

    async statMedia(key) {
      const problem = keyProblem(key);
      if (problem !== null) return failed({ reason: 'MediaNotFound', message: `key ${shownKey(key)} ${problem}` });
      try {
        return await connected((aws) => statOne(aws, Bucket, key));
      } catch (error) {
        return failed(storageFailure(error, { kind: 'stat', key }, Date.now()));
      }
    },
  };
}

/**
 * XML cannot hold every character that a key may hold: without this one such key makes the listing of the whole bucket
 * fail, or unreadable (docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, `encoding-type`).
 */
const URL_ENCODED = { EncodingType: 'url' } as const;

/** Decodes a key as S3 encodes it, like a form: `+` is a blank. A key that is not so encoded stays as it is. */
function decodedKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return encoded;
  }
}

/** A listing beyond `maxObjects` is cut there, in the store's order: memory has a bound, and the rest still plays. */
async function listAll(
  { sdk, client }: Aws,
  Bucket: string,
  prefix: string,
  maxObjects: number,
): Promise<MediaResult<readonly ListedObject[]>> {
  const found: ListedObject[] = [];
  for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: prefix, ...URL_ENCODED })) {
    // Otherwise any well-formed page would be taken for an empty bucket.
    if (page.IsTruncated === undefined && page.Name === undefined) return failed(NOT_A_STORE);
    const keyOf = page.EncodingType === 'url' ? decodedKey : (key: string) => key;
    for (const { Key, ETag, Size } of page.Contents ?? []) {
      const key = Key === undefined ? '' : keyOf(Key);
      if (!isMediaObject(key, Size ?? 0)) continue;
      found.push({ key, version: versionOf(ETag, Size ?? 0), sizeBytes: Size ?? 0 });
    }
    if (found.length >= maxObjects) break;
  }
  return { kind: 'ok', value: found.slice(0, maxObjects).sort((a, b) => compareNaturally(a.key, b.key)) };
}

async function statOne({ sdk, client }: Aws, Bucket: string, key: string): Promise<MediaResult<ListedObject>> {
  try {
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: key }));
    if (head.ETag === undefined && head.LastModified === undefined) return failed(NOT_A_STORE);
    const sizeBytes = head.ContentLength ?? 0;
    return { kind: 'ok', value: { key, version: versionOf(head.ETag, sizeBytes), sizeBytes } };
  } catch (error) {
    if (!isBodiless(error)) throw error;
    // The answer to HEAD has no body that names the reason, and that to a listing has one: its word about credentials, clock
    // and bucket counts. Where listing works, or is forbidden itself, the failure is the object's.
    const fromList = await reasonFromList({ sdk, client }, Bucket);
    return failed(fromList ?? storageFailure(error, { kind: 'stat', key }, Date.now()));
  }
}

async function reasonFromList({ sdk, client }: Aws, Bucket: string): Promise<MediaFailure | null> {
  try {
    await client.send(new sdk.ListObjectsV2Command({ Bucket, MaxKeys: 1, ...URL_ENCODED }));
    return null;
  } catch (error) {
    const code = error instanceof Error ? error.name : '';
    return code === 'AccessDenied' || code === 'Forbidden'
      ? null
      : storageFailure(error, { kind: 'list', prefix: '' }, Date.now());
  }
}

function versionOf(etag: string | undefined, sizeBytes: number): string {
  return etag === undefined || etag === '' ? `size-${sizeBytes}` : etag.replaceAll('"', '');
}
