import { readFile } from 'node:fs/promises';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { requestRange } from './range-request.ts';
import { refusalFailure, storageFailure } from '../s3/failure.ts';

const MAX_WAIT_MS = 5_000;

export interface AddressOptions {
  readonly timeoutMs: number;
  readonly caFile?: string | null;
}

/** Asks a signed address for its first byte, to find out whether a failure was the store's; null when the store answers well. */
export async function addressFailure(
  url: string,
  key: string,
  { timeoutMs, caFile }: AddressOptions,
): Promise<MediaFailure | null> {
  try {
    const ca = caFile === null || caFile === undefined ? null : await readFile(caFile);
    const signal = AbortSignal.timeout(Math.min(timeoutMs, MAX_WAIT_MS));
    const answer = await requestRange(url, { first: 0, last: 0 }, { ca, signal });
    if (answer.kind === 'refused') return refusalFailure(answer, key, Date.now());
    answer.body.destroy();
    return null;
  } catch (error) {
    return storageFailure(error, { kind: 'stat', key }, Date.now());
  }
}
