import { readFile } from 'node:fs/promises';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { type RangeAnswer, requestRange } from './range-request.ts';
import { refusalFailure, storageFailure } from '../s3/failure.ts';

const MAX_WAIT_MS = 5_000;

export interface AddressOptions {
  readonly timeoutMs: number;
  readonly caFile?: string | null;
}

/** Asks a signed address for its first byte, to find out whether a failure was the store's; null when the store answers well. */
export async function addressFailure(url: string, key: string, options: AddressOptions): Promise<MediaFailure | null> {
  try {
    const answer = await askFirstByte(url, options);
    return answer.kind === 'refused' ? refusalFailure(answer, key, Date.now()) : null;
  } catch (error) {
    return storageFailure(error, { kind: 'stat', key }, Date.now());
  }
}

/** How the store says that an object is packed (`content-encoding`), in small letters; null = not at all, or it did not answer. */
export async function contentEncodingOf(url: string, options: AddressOptions): Promise<string | null> {
  const answer = await askFirstByte(url, options).catch(() => null);
  const encoding = answer?.kind === 'bytes' ? (answer.body.headers['content-encoding'] ?? '').trim().toLowerCase() : '';
  return encoding === '' || encoding === 'identity' ? null : encoding;
}

/** The answer to a request for the first byte, its body thrown away; rejects where none comes in time. */
async function askFirstByte(url: string, { timeoutMs, caFile }: AddressOptions): Promise<RangeAnswer> {
  const ca = caFile === null || caFile === undefined ? null : await readFile(caFile);
  const signal = AbortSignal.timeout(Math.min(timeoutMs, MAX_WAIT_MS));
  const answer = await requestRange(url, { first: 0, last: 0 }, { ca, signal });
  if (answer.kind === 'bytes') answer.body.destroy();
  return answer;
}
