import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { rawTarget } from './raw-target.ts';

const MAX_ERROR_BYTES = 8 * 1024;

/** What a store answered to a request for some bytes. */
export type RangeAnswer =
  | { readonly kind: 'bytes'; readonly body: IncomingMessage }
  /** `code`: S3's error code; '' when there is none. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string };

/**
 * Asks a signed address for a range of bytes, on a connection of its own. GET, because the signature is for it and HEAD
 * would be refused. Follows no redirect. Rejects when there is no answer; `signal` ends it, the body included.
 */
export async function requestRange(
  url: string,
  range: { readonly first: number; readonly last: number },
  { ca, signal }: { readonly ca: Buffer | null; readonly signal: AbortSignal },
): Promise<RangeAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send({
      ...rawTarget(url),
      headers: { range: `bytes=${range.first}-${range.last}` },
      agent: false,
      signal,
      ...(ca === null ? {} : { ca }),
    });
    request.on('error', reject);
    request.on('response', resolve);
    request.end();
  });
  const status = response.statusCode ?? 0;
  // 416: the object is there, and empty.
  if (status === 200 || status === 206 || status === 416) return { kind: 'bytes', body: response };
  const code = status < 400 ? '' : await errorCodeIn(response);
  response.destroy();
  return { kind: 'refused', status, code };
}

async function errorCodeIn(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > MAX_ERROR_BYTES) break;
  }
  return /<Code>(\w{1,60})<\/Code>/.exec(body)?.[1] ?? '';
}
