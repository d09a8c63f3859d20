import type * as S3 from '@aws-sdk/client-s3';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyProblem, shownKey } from '../keys.ts';
import { type Upload, type UploadEnd, type UploadOptions, type Uploader, failed } from '../port.ts';
import { responseStatusOf, storageFailure } from './failure.ts';
import { LARGEST_SINGLE_BYTES, partSizeBytes, UPLOAD_WAITS_MS } from './parts.ts';
import type { S3Settings } from '../settings.ts';
import { type Aws, connectS3 } from './client.ts';

/** A part of 8 MiB over 128 kbit/s. */
const REQUEST_AT_MOST_MS = 600_000;
/** A request in which no byte moves for this long has failed. */
const SILENCE_MS = 30_000;
/** How long an unfinished upload may take to be aborted; else it is left to the bucket's own rule for unfinished uploads. */
const ABORT_AT_MOST_MS = 10_000;

/**
 * Uploads small files in one request and larger ones in parts, one after another, so that the stream keeps most of the
 * line. A part that fails is sent again; an upload that cannot be finished is aborted at the store.
 */
export function createS3Upload(settings: S3Settings, options: UploadOptions): Uploader {
  return async (upload) => {
    const problem = keyProblem(upload.key);
    if (problem !== null) {
      return failed({ reason: 'MediaForbidden', message: `key ${shownKey(upload.key)} ${problem}` });
    }
    let file: FileHandle | null = null;
    let client: S3.S3Client | null = null;
    try {
      // The SDK does not retry, so that `onRetry` is told of every attempt.
      const timeouts = { requestTimeout: REQUEST_AT_MOST_MS, socketTimeout: SILENCE_MS };
      const aws = await connectS3(settings, { caFile: options.caFile, maxSockets: 2, maxAttempts: 1, ...timeouts });
      ({ client } = aws);
      file = await open(upload.path, 'r');
      const { size } = await file.stat();
      const sending = new Sending(aws, settings.bucket, file, upload, options);
      await sending.run(size);
      return { kind: 'done' };
    } catch (error) {
      return endOf(error, upload);
    } finally {
      await file?.close();
      client?.destroy();
    }
  };
}

class Sending {
  readonly #sdk: typeof S3;
  readonly #client: S3.S3Client;
  readonly #place: { readonly Bucket: string; readonly Key: string };
  readonly #file: FileHandle;
  readonly #upload: Upload;
  readonly #waitsMs: readonly number[];
  readonly #partBytes: number | null;

  constructor(
    { sdk, client }: Aws,
    bucket: string,
    file: FileHandle,
    upload: Upload,
    { waitsMs = UPLOAD_WAITS_MS, partBytes }: UploadOptions,
  ) {
    this.#sdk = sdk;
    this.#client = client;
    this.#place = { Bucket: bucket, Key: upload.key };
    this.#file = file;
    this.#upload = upload;
    this.#waitsMs = waitsMs;
    this.#partBytes = partBytes ?? null;
  }

  async run(sizeBytes: number): Promise<void> {
    const { onProgress, signal } = this.#upload;
    onProgress(0, sizeBytes);
    if (sizeBytes <= (this.#partBytes ?? LARGEST_SINGLE_BYTES)) {
      const Body = await this.#read(0, sizeBytes);
      await this.#publish((condition) => {
        const command = new this.#sdk.PutObjectCommand({ ...this.#place, Body, ContentType: TYPE, ...condition });
        return this.#client.send(command, { abortSignal: signal });
      });
      onProgress(sizeBytes, sizeBytes);
      return;
    }
    const { UploadId } = await this.#again(() =>
      this.#client.send(new this.#sdk.CreateMultipartUploadCommand({ ...this.#place, ContentType: TYPE }), {
        abortSignal: signal,
      }),
    );
    try {
      const Parts = await this.#sendParts(UploadId, sizeBytes);
      await this.#publish((condition) => {
        const input = { ...this.#place, UploadId, MultipartUpload: { Parts }, ...condition };
        return this.#client.send(new this.#sdk.CompleteMultipartUploadCommand(input), { abortSignal: signal });
      });
    } catch (error) {
      await this.#takeBack(UploadId);
      throw error;
    }
  }

  async #sendParts(UploadId: string | undefined, sizeBytes: number): Promise<S3.CompletedPart[]> {
    const { onProgress, signal } = this.#upload;
    const step = this.#partBytes ?? partSizeBytes(sizeBytes);
    const parts: S3.CompletedPart[] = [];
    for (let at = 0; at < sizeBytes; at += step) {
      const Body = await this.#read(at, Math.min(step, sizeBytes - at));
      const PartNumber = parts.length + 1;
      const { ETag } = await this.#again(() =>
        this.#client.send(new this.#sdk.UploadPartCommand({ ...this.#place, UploadId, PartNumber, Body }), {
          abortSignal: signal,
        }),
      );
      parts.push({ PartNumber, ETag });
      onProgress(at + Body.length, sizeBytes);
    }
    return parts;
  }

  /**
   * Sends the request that makes the object appear. Without `overwrite` the store decides by `If-None-Match`, as it alone
   * can do so without a race. A store that does not know this condition is asked for the object before.
   */
  async #publish(send: (condition: { readonly IfNoneMatch?: string }) => Promise<unknown>): Promise<void> {
    if (this.#upload.overwrite) return this.#settle(() => send({}));
    try {
      await this.#settle(() => send({ IfNoneMatch: '*' }));
    } catch (error) {
      if (!isUnknownCondition(error)) throw error;
      if ((await this.#head()) !== null) throw new Taken();
      await this.#settle(() => send({}));
    }
  }

  /** Sends the request, again if need be. Where the answer to an earlier attempt was lost, the object that is there is ours. */
  async #settle(send: () => Promise<unknown>): Promise<void> {
    let attempts = 0;
    try {
      await this.#again(() => {
        attempts += 1;
        return send();
      });
    } catch (error) {
      const mayBeDone = attempts > 1 && (isTaken(error) || responseStatusOf(error) === 404);
      if (!mayBeDone || !(await this.#isOurs())) throw error;
    }
  }

  async #isOurs(): Promise<boolean> {
    const [there, { size }] = [await this.#head(), await this.#file.stat()];
    const ageMs = Date.now() + this.#client.config.systemClockOffset - (there?.LastModified?.getTime() ?? 0);
    return there?.ContentLength === size && ageMs < OURS_WITHIN_MS;
  }

  #head(): Promise<S3.HeadObjectCommandOutput | null> {
    const { signal } = this.#upload;
    return this.#again(async () => {
      try {
        return await this.#client.send(new this.#sdk.HeadObjectCommand(this.#place), { abortSignal: signal });
      } catch (error) {
        if (responseStatusOf(error) === 404) return null;
        throw error;
      }
    });
  }

  async #again<T>(send: () => Promise<T>): Promise<T> {
    const { signal, key, onRetry } = this.#upload;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        const waitMs = this.#waitsMs[attempt];
        if (signal.aborted || waitMs === undefined || !mayPass(error)) throw error;
        onRetry(storageFailure(error, { kind: 'put', key }, Date.now()).message, waitMs);
        await sleep(waitMs, undefined, { signal });
      }
    }
  }

  async #takeBack(UploadId: string | undefined): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand({ ...this.#place, UploadId });
    await this.#client.send(command, { abortSignal: AbortSignal.timeout(ABORT_AT_MOST_MS) }).catch(() => undefined);
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#file.read(buffer, 0, length, at);
    if (bytesRead !== length) throw new Error('the finished file became shorter');
    return buffer;
  }
}

const TYPE = 'video/mp4';
const OURS_WITHIN_MS = 120_000;

class Taken extends Error {}

const isTaken = (error: unknown): boolean =>
  error instanceof Taken || [409, 412].includes(responseStatusOf(error) ?? 0);

/** Whether the store has no conditional writes: it answers 501 (NotImplemented), or 400 for an unknown header. */
const isUnknownCondition = (error: unknown): boolean =>
  responseStatusOf(error) === 501 || (responseStatusOf(error) === 400 && nameOf(error) !== 'EntityTooSmall');

/** Whether a later attempt may work: there was no answer, too many requests, or a fault of the store's own. */
function mayPass(error: unknown): boolean {
  const status = responseStatusOf(error);
  return status === null
    ? !(error instanceof Taken)
    : status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function endOf(error: unknown, { key, signal }: Upload): UploadEnd {
  if (signal.aborted) return { kind: 'aborted' };
  if (isTaken(error)) return { kind: 'exists' };
  return failed(storageFailure(error, { kind: 'put', key }, Date.now()));
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
