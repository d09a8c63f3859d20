import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { requestRange } from './range-request.ts';
import { refusalFailure, storageFailure } from '../s3/failure.ts';
import { failed } from '../port.ts';

const MAX_WAIT_MS = 5_000;
const LONGEST_WORD = 40;

interface AddressOptions {
  readonly timeoutMs: number;
  readonly caFile?: string | null;
}

type AddressAnswer =
  /** `contentEncoding`: how the object is compressed, as the store says, in small letters; null = it is not. */
  | { readonly kind: 'ok'; readonly contentEncoding: string | null }
  | { readonly kind: 'failed'; readonly failure: MediaFailure };

/** Asks a signed address for its first byte, which takes 5 s at most. */
export async function askAddress(
  url: string,
  key: string,
  { timeoutMs, caFile = null }: AddressOptions,
): Promise<AddressAnswer> {
  try {
    const signal = AbortSignal.timeout(Math.min(timeoutMs, MAX_WAIT_MS));
    const answer = await requestRange(url, { first: 0, last: 0 }, { caFile, signal });
    if (answer.kind === 'refused') return failed(refusalFailure(answer, key, Date.now()));
    answer.body.destroy();
    const encoding = (answer.body.headers['content-encoding'] ?? '').trim().toLowerCase().slice(0, LONGEST_WORD);
    return { kind: 'ok', contentEncoding: encoding === '' || encoding === 'identity' ? null : encoding };
  } catch (error) {
    return failed(storageFailure(error, { kind: 'stat', key }, Date.now()));
  }
}

/** What the store refuses about a signed address; null = it answers well, so a failure was not the store's. */
export async function addressFailure(url: string, key: string, options: AddressOptions): Promise<MediaFailure | null> {
  const answer = await askAddress(url, key, options);
  return answer.kind === 'failed' ? answer.failure : null;
}
