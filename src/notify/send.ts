import { urlToHttpOptions } from 'node:url';
import { readFileSync } from 'node:fs';
import { errorCode } from '../system/errors.ts';
import { oneLine } from '../text/complaint.ts';
import { askByHttp, readBeginning } from '../system/http.ts';

export interface Outgoing {
  readonly method: 'GET' | 'POST';
  /** A secret: no answer of `send` holds it. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text in UTF-8; '' = none. */
  readonly body: string;
}

export type Reply =
  /** `text`: how the answer's body begins, on one line. */
  | { readonly kind: 'answered'; readonly status: number; readonly contentType: string; readonly text: string }
  /** No answer, or half of one; `why` in words, without the address. */
  | { readonly kind: 'failed'; readonly why: string };

interface SendOptions {
  /** Authorities for https, a PEM bundle; null = those that Node brings. */
  readonly caFile: string | null;
  readonly patienceMs: number;
}

/** How long an answer is waited for, by the contract. */
export const PATIENCE_MS = 10_000;
/** Enough of an answer to be shown; the rest is not waited for. */
const MOST_BYTES = 4_096;
const SHOWN_CHARACTERS = 200;

/**
 * Sends once, on a connection of its own, and waits for the answer for `patienceMs` at most, its body included. Follows
 * no redirect: the address is a secret of the one it names. Never rejects.
 */
export async function send({ method, address, headers, body }: Outgoing, options: SendOptions): Promise<Reply> {
  const signal = AbortSignal.timeout(options.patienceMs);
  try {
    const target = urlToHttpOptions(new URL(address));
    const ca = target.protocol === 'https:' && options.caFile !== null ? readFileSync(options.caFile) : null;
    const response = await askByHttp({
      ...target,
      method,
      headers: { 'user-agent': 'stream-controller', ...headers },
      signal,
      ca,
      body: method === 'POST' ? body : null,
    });
    const text = (await readBeginning(response, MOST_BYTES)).toString('utf8', 0, MOST_BYTES).trim();
    const contentType = response.headers['content-type'] ?? '';
    return { kind: 'answered', status: response.statusCode ?? 0, contentType, text: oneLine(text, SHOWN_CHARACTERS) };
  } catch (error) {
    const why = signal.aborted ? `no answer within ${String(options.patienceMs / 1000)} s` : wordsOf(error);
    return { kind: 'failed', why };
  }
}

/** The problem of a web page with status 200: a login, a proxy's notice, or a wrong address. */
export const A_PAGE = 'it answered with a web page: is the address right?';

/** Why a reply does not mean that a program took the request; null = one did. */
export function refusalIn(reply: Reply): string | null {
  if (reply.kind === 'failed') return reply.why;
  if (reply.status < 200 || reply.status > 299) return `it answered ${String(reply.status)}`;
  return /^text\/html/i.test(reply.contentType) ? A_PAGE : null;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed without an answer',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the host',
  ETIMEDOUT: 'the host does not answer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is of an unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an unknown authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
};

/** By the error's code alone: messages of Node may name the address. */
function wordsOf(error: unknown): string {
  const code = errorCode(error, '');
  return WORDS[code] ?? (/^[A-Z][A-Z0-9_]*$/.test(code) ? `it failed with ${code}` : 'the answer is no HTTP');
}
