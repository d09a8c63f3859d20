import type { ByteSample } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { requestRange } from './range-request.ts';
import { shownKey } from '../keys.ts';
import { refusalFailure, storageFailure } from '../s3/failure.ts';

/** A store that takes longer for the first byte could not be played from either. */
const FIRST_BYTE_MS = 2_500;
/** How much longer than at `minBytesPerS` the bytes may take, because a connection is slow at first. */
const LENIENCY_MS = 750;

/** Reads some bytes of an object; null when they came fast enough. `url` is a signed address, or `file:` and a path, which is not read. */
export type Sampler = (url: string, key: string, sample: ByteSample) => Promise<MediaFailure | null>;

/** Reads over http and https. `caFile`: bundle of authorities; null = Node's own. */
export function createSampler({ caFile }: { readonly caFile: string | null }): Sampler {
  return async (url, key, sample) => {
    if (url.startsWith('file:') || sample.sizeBytes <= 0) return null;
    const end = new AbortController();
    let timer = setTimeout(() => end.abort(timeoutError()), FIRST_BYTE_MS);
    let receivedBytes = 0;
    let firstAtMs: number | null = null;
    try {
      const range = { first: sample.offsetBytes, last: sample.offsetBytes + sample.sizeBytes - 1 };
      const answer = await requestRange(url, range, { caFile, signal: end.signal });
      if (answer.kind === 'refused') return refusalFailure(answer, key, Date.now());
      for await (const chunk of answer.body) {
        if (firstAtMs === null) {
          firstAtMs = performance.now();
          clearTimeout(timer);
          timer = setTimeout(() => end.abort(timeoutError()), allowedMs(sample));
        }
        receivedBytes += (chunk as Buffer).length;
        if (receivedBytes >= sample.sizeBytes) break;
      }
      answer.body.destroy();
      return null;
    } catch (error) {
      if (firstAtMs === null || !end.signal.aborted) {
        return storageFailure(end.signal.aborted ? timeoutError() : error, { kind: 'stat', key }, Date.now());
      }
      return tooSlow(key, receivedBytes / ((performance.now() - firstAtMs) / 1000), sample.minBytesPerS);
    } finally {
      clearTimeout(timer);
    }
  };
}

const allowedMs = ({ sizeBytes, minBytesPerS }: ByteSample): number =>
  minBytesPerS <= 0 ? FIRST_BYTE_MS : (sizeBytes / minBytesPerS) * 1000 + LENIENCY_MS;

const timeoutError = (): DOMException => new DOMException('no answer in time', 'TimeoutError');

function tooSlow(key: string, bytesPerS: number, neededBytesPerS: number): MediaFailure {
  const [comes, needed] = [bytesPerS, neededBytesPerS].map((rate) => `${Math.round(rate / 1000)} kB/s`);
  const message = `the store gives ${comes} of ${shownKey(key)}, which needs ${needed}: check the network and the provider's limits`;
  return { reason: 'StorageSlow', message };
}
