import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { MediaFailure } from '../reconcile/item.ts';
import { storageFailure } from '../reconcile/storage-failure.ts';

const TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 8 * 1024;

/**
 * Asks a signed address for its first byte, to find out whether a failure was the store's; null when the store answers
 * well. GET with a range, because the signature is for GET and HEAD would be refused. Follows no redirect.
 */
export async function addressFailure(url: string, key: string, caFile: string | null): Promise<MediaFailure | null> {
  try {
    const ca = caFile === null ? null : await readFile(caFile);
    const { status, code } = await firstByte(url, ca);
    if (status === 200 || status === 206 || status === 416) return null;
    // A failure of the address only: whether listing works is not known here.
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

function firstByte(url: string, ca: Buffer | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, {
      headers: { range: 'bytes=0-0' },
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT_MS),
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
