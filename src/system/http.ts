import { type IncomingMessage, request as httpRequest } from 'node:http';
import { type RequestOptions, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

/** What is asked; `urlToHttpOptions` of an address gives the first part of it. */
type HttpQuestion = Omit<RequestOptions, 'ca'> & {
  /** Authorities for https; null or absent = Node's own. */
  readonly ca?: Buffer | null;
  readonly body?: string | Uint8Array | null;
  /** After so long without a byte it is given up: the answer with this error, the body as aborted. */
  readonly silence?: { readonly atMostMs: number; readonly error: Error };
};

/**
 * Asks on a connection of its own and answers with the head; the body is the caller's to read or to destroy. Follows no
 * redirect. Rejects when there is no answer. By node:http and node:https, as the built program has no `fetch`.
 */
export function askByHttp({ ca = null, body = null, silence, ...options }: HttpQuestion): Promise<IncomingMessage> {
  const send = options.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send({ agent: false, ...options, ...(ca === null ? {} : { ca }) });
    request.on('error', reject).on('response', resolve);
    if (silence !== undefined) request.setTimeout(silence.atMostMs, () => request.destroy(silence.error));
    request.end(body ?? undefined);
  });
}

/** The beginning of a stream, `enoughBytes` or a little more; all of a shorter one. The rest is not read. */
export async function readBeginning(stream: Readable, enoughBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= enoughBytes) break;
  }
  return Buffer.concat(chunks);
}
