import { open } from 'node:fs/promises';
import { requestRange } from './range-request.ts';
import { readBeginning } from '../../system/http.ts';

interface Limits {
  readonly timeoutMs: number;
  /** Bundle of authorities; null = Node's own. */
  readonly caFile: string | null;
}

/**
 * Reads bytes of an object: `url` is a signed address, or `file:` and a path. Fewer come where it ends before. Rejects
 * when they cannot be had before `timeoutMs`, or the store refuses.
 */
export async function readBytes(url: string, offsetBytes: number, sizeBytes: number, limits: Limits): Promise<Buffer> {
  const bytes = await readIfGiven(url, offsetBytes, sizeBytes, limits);
  if (bytes === null) throw new Error('the store refuses');
  return bytes;
}

/** As `readBytes`, but null where the store refuses. */
export async function readIfGiven(
  url: string,
  offsetBytes: number,
  sizeBytes: number,
  { timeoutMs, caFile }: Limits,
): Promise<Buffer | null> {
  if (url.startsWith('file:')) {
    const file = await open(url.slice('file:'.length));
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, offsetBytes);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
  // What is left of a time is rarely a whole number, and others are refused.
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  const answer = await requestRange(url, { first: offsetBytes, last: offsetBytes + sizeBytes - 1 }, { caFile, signal });
  if (answer.kind === 'refused') return null;
  // A server without ranges sends the whole object from its beginning, which is not read.
  if (answer.body.statusCode !== 206 && offsetBytes > 0) answer.body.destroy(new Error('the store knows no ranges'));
  return (await readBeginning(answer.body, sizeBytes)).subarray(0, sizeBytes);
}
