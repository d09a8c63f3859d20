import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { rawTarget } from './raw-target.ts';
import { askByHttp, readBeginning } from '../../system/http.ts';

const MAX_ERROR_BYTES = 8 * 1024;

/** What a store answered to a request for some bytes. */
type RangeAnswer =
  | { readonly kind: 'bytes'; readonly body: IncomingMessage }
  /** `code`: S3's error code; '' when there is none. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string };

/**
 * Asks a signed address for a range of bytes, on a connection of its own. GET, because the signature is for it and HEAD
 * would be refused. Follows no redirect. Rejects when there is no answer; `signal` ends it, the body included. `caFile`:
 * bundle of authorities; null = Node's own.
 */
export async function requestRange(
  url: string,
  range: { readonly first: number; readonly last: number },
  { caFile, signal }: { readonly caFile: string | null; readonly signal: AbortSignal },
): Promise<RangeAnswer> {
  const ca = caFile === null ? null : await readFile(caFile);
  const headers = { range: `bytes=${range.first}-${range.last}` };
  const response = await askByHttp({ ...rawTarget(url), headers, signal, ca });
  const status = response.statusCode ?? 0;
  // 416: the object is there, and empty.
  if (status === 200 || status === 206 || status === 416) return { kind: 'bytes', body: response };
  const code = status < 400 ? '' : await errorCodeIn(response);
  response.destroy();
  return { kind: 'refused', status, code };
}

async function errorCodeIn(response: IncomingMessage): Promise<string> {
  const body = await readBeginning(response, MAX_ERROR_BYTES);
  return /<Code>(\w{1,60})<\/Code>/.exec(body.toString('utf8'))?.[1] ?? '';
}
