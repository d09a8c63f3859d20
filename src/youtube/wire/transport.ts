import type { z } from 'zod';
import type { Access } from '../login/access.ts';
import { BAD_ANSWER, failed, failureOf, failureOfAnswer } from '../failure.ts';
import type { Http, HttpRequest } from './http.ts';
import type { YouTubeFailure } from '../../reconcile/model/youtube/youtube.ts';
import type { YouTubeResult } from '../port.ts';
import type { QuotaLedger } from '../quota.ts';
import { parseJson } from '../../system/json.ts';

/** One request of the API. */
export interface Call<S extends z.ZodType> {
  readonly method: HttpRequest['method'];
  readonly base: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly bytes: string | Uint8Array } | undefined;
  /** What it counts as in the ledger; null = nothing, as Analytics has a quota of its own. */
  readonly counts: 'read' | 'write' | null;
  /** What an answer has to be. */
  readonly schema: S;
}

export type Transport = <S extends z.ZodType>(call: Call<S>) => Promise<YouTubeResult<z.output<S>>>;

interface TransportOptions {
  readonly http: Http;
  readonly access: Access;
  readonly ledger: QuotaLedger;
}

/** Asks with the login's token and counts in the ledger. A token that YouTube refuses is fetched anew, once. */
export function createTransport({ http, access, ledger }: TransportOptions): Transport {
  const attempt = async (call: Call<z.ZodType>): Promise<YouTubeResult<string>> => {
    if (call.counts !== null && !ledger.allows(call.counts)) return failed(withinBudget(ledger));
    const token = await access.token();
    if (token.kind === 'failed') return token;
    const url = new URL(call.path, call.base);
    for (const [name, value] of Object.entries(call.query)) url.searchParams.set(name, value);
    const answer = await http({
      method: call.method,
      url,
      headers: {
        authorization: `Bearer ${token.value}`,
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': call.body.type }),
      },
      body: call.body?.bytes ?? null,
    });
    if (call.counts !== null) ledger.spend(call.counts);
    if (answer.kind === 'answer' && answer.status >= 200 && answer.status < 300) {
      return { kind: 'ok', value: answer.text };
    }
    if (answer.kind === 'answer' && answer.status === 401) access.forget(token.value);
    const failure = failureOfAnswer(answer);
    if (failure.kind === 'quota' && call.counts !== null) ledger.exhaust();
    return failed(failure);
  };

  return async (call) => {
    let answered = await attempt(call);
    // Google may revoke a token before it expires while the login is still good.
    if (answered.kind === 'failed' && isTokenRefused(answered.failure)) answered = await attempt(call);
    if (answered.kind === 'failed') return answered;
    const parsed = call.schema.safeParse(jsonOf(answered.value));
    return parsed.success ? { kind: 'ok', value: parsed.data } : failed(BAD_ANSWER);
  };
}

const isTokenRefused = ({ reason }: YouTubeFailure): boolean =>
  reason === 'authError' || reason === 'UNAUTHENTICATED' || reason === 'http401';

function withinBudget(ledger: QuotaLedger): YouTubeFailure {
  if (ledger.read().exhausted) return failureOf('quotaExceeded');
  const message = "what is left of the day's quota is kept for changes; it begins anew at midnight Pacific time";
  return { ...failureOf('quotaReserved', 'quota'), message };
}

/** Undefined for what is no JSON, such as a page of HTML; an empty answer is the empty object. */
const jsonOf = (text: string): unknown => (text.trim() === '' ? {} : parseJson(text));
