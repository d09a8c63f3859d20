import { urlToHttpOptions } from 'node:url';
import { errorCode } from '../../system/errors.ts';
import { askByHttp, readBeginning } from '../../system/http.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

export type HttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly retryAfterMs: number | null }
  /**
   * No answer that can be read. `unreachable`: the request was not received; after any other reason it may have been
   * carried out. `code`: the system's word, such as `ECONNREFUSED`, or the empty text.
   */
  | {
      readonly kind: 'none';
      readonly reason: 'timeout' | 'unreachable' | 'cut' | 'tooLarge';
      readonly code: string;
    };

/** One request, one answer; never throws. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

interface HttpOptions {
  /** Authorities for https; null = Node's own. */
  readonly ca: Buffer | null;
  /** From the first byte asked to the last one answered. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** A page of 50 broadcasts is some 150 KB. */
const MOST_BYTES = 1024 * 1024;
const LONGEST_RETRY_AFTER_MS = 24 * 3600 * 1000;
/** Errors from before a connection stood. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);

/**
 * Asks on a connection of its own: at two requests a minute the handshakes cost little, and no request fails because the
 * server has closed a connection meanwhile. By node:https, which the store's client has loaded already; `fetch` takes 16 MB
 * more. No redirect is followed, because the token would be sent along.
 */
export function createHttp({ ca, timeoutMs = TIMEOUT_MS }: HttpOptions): Http {
  return async ({ method, url, headers, body }) => {
    const length = method === 'GET' ? {} : { 'content-length': String(body === null ? 0 : Buffer.byteLength(body)) };
    const limit = new AbortController();
    const { signal } = limit;
    const options = { ...urlToHttpOptions(url), method, headers: { ...headers, ...length }, signal, ca, body };
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    let isAnswered = false;
    try {
      const response = await askByHttp(options);
      isAnswered = true;
      const bytes = await readBeginning(response, MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) return { kind: 'none', reason: 'tooLarge', code: '' };
      return {
        kind: 'answer',
        status: response.statusCode ?? 0,
        text: bytes.toString('utf8'),
        retryAfterMs: retryAfterMs(response.headers['retry-after']),
      };
    } catch (error) {
      if (signal.aborted) return { kind: 'none', reason: 'timeout', code: '' };
      const code = errorCode(error);
      return { kind: 'none', reason: !isAnswered && isNotConnected(code) ? 'unreachable' : 'cut', code };
    } finally {
      // Not AbortSignal.timeout: that keeps every request in memory until its time is over.
      clearTimeout(timer);
    }
  };
}

/** Whether the connection failed before the request was sent, as with a closed port or a certificate that is refused. */
function isNotConnected(code: string): boolean {
  return NOT_CONNECTED.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE');
}

/** Reads seconds, the form that Google sends; null = a date, or no number. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined || !/^[0-9]{1,6}$/.test(header)) return null;
  return Math.min(Number(header) * 1000, LONGEST_RETRY_AFTER_MS);
}
