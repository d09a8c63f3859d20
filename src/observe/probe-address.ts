import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { MediaFailure } from '../reconcile/item.ts';
import { storageFailure } from '../reconcile/storage-failure.ts';

const MAX_WAIT_MS = 5_000;
const MAX_BODY_BYTES = 8 * 1024;

export interface AddressOptions {
  readonly timeoutMs: number;
  readonly caFile?: string | null;
}

/**
 * Asks a signed address for its first byte, to find out whether a failure was the store's; null when the store answers
 * well. GET with a range, because the signature is for GET and HEAD would be refused. Follows no redirect.
 */
export async function addressFailure(
  url: string,
  key: string,
  { timeoutMs, caFile }: AddressOptions,
): Promise<MediaFailure | null> {
  try {
    const ca = caFile === null || caFile === undefined ? null : await readFile(caFile);
    const { status, code } = await firstByte(url, ca, Math.min(timeoutMs, MAX_WAIT_MS));
    if (status === 200 || status === 206 || status === 416) return null;
    const error = { name: code, $metadata: { httpStatusCode: status } };
    return storageFailure(error, { kind: 'stat', key }, Date.now());
  } catch (error) {
    return storageFailure(error, { kind: 'stat', key }, Date.now());
  }
}

interface Answer {
  readonly status: number;
  /** S3's error code; '' when there is none. */
  readonly code: string;
}

function firstByte(url: string, ca: Buffer | null, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, {
      headers: { range: 'bytes=0-0' },
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(ca === null ? {} : { ca }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      readAnswer(response).then(resolve, reject);
    });
    request.end();
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0;
  if (status < 400) {
    response.destroy();
    return { status, code: '' };
  }
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > MAX_BODY_BYTES) break;
  }
  response.destroy();
  return { status, code: /<Code>(\w{1,60})<\/Code>/.exec(body)?.[1] ?? '' };
}
