import { open, readFile } from 'node:fs/promises';
import { requestRange } from './range-request.ts';

/**
 * Reads bytes of an object: `url` is a signed address, or `file:` and a path. Fewer come where it ends before. Rejects
 * when they cannot be had before `timeoutMs`. `caFile`: bundle of authorities; null = Node's own.
 */
export async function readBytes(
  url: string,
  offsetBytes: number,
  sizeBytes: number,
  { timeoutMs, caFile }: { readonly timeoutMs: number; readonly caFile: string | null },
): Promise<Buffer> {
  if (url.startsWith('file:')) {
    const file = await open(url.slice('file:'.length));
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, offsetBytes);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
  const ca = caFile === null ? null : await readFile(caFile);
  const signal = AbortSignal.timeout(Math.max(1, timeoutMs));
  const answer = await requestRange(url, { first: offsetBytes, last: offsetBytes + sizeBytes - 1 }, { ca, signal });
  if (answer.kind === 'refused') throw new Error(`the store answered ${answer.status}`);
  const chunks: Buffer[] = [];
  let length = 0;
  // Whoever knows no ranges sends all of it from the beginning: that is not read to its end.
  if (answer.body.statusCode !== 206 && offsetBytes > 0) answer.body.destroy(new Error('the store knows no ranges'));
  for await (const chunk of answer.body) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= sizeBytes) break;
  }
  answer.body.destroy();
  return Buffer.concat(chunks).subarray(0, sizeBytes);
}
