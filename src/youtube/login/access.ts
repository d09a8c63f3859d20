import { failed, failureOf } from '../failure.ts';
import type { AccessToken, OAuth } from './oauth.ts';
import type { YouTubeFailure } from '../../reconcile/model/youtube/youtube.ts';
import type { YouTubeResult } from '../port.ts';
import type { LoginRead } from './token.ts';

/** The access token of the login, fetched when it is needed and kept in memory only. */
export interface Access {
  /** A token that is good for a minute at least. The login is read each time, so a new login or a logout is noticed. */
  token(): Promise<YouTubeResult<string>>;
  /** YouTube has refused this one before its time. */
  forget(token: string): void;
}

interface AccessOptions {
  readonly oauth: Pick<OAuth, 'refresh'>;
  readonly readLogin: () => LoginRead;
  /** Any clock that only goes forward. */
  readonly monoMs: () => number;
}

/** So that no token expires during a request. */
const RENEWED_BEFORE_S = 60;

interface Held extends AccessToken {
  readonly refreshToken: string;
  readonly untilMs: number;
}

export function createAccess({ oauth, readLogin, monoMs }: AccessOptions): Access {
  let held: Held | null = null;
  let pending: { readonly refreshToken: string; readonly result: Promise<YouTubeResult<string>> } | null = null;

  const fetchToken = async (refreshToken: string): Promise<YouTubeResult<string>> => {
    const askedAtMs = monoMs();
    const refreshed = await oauth.refresh(refreshToken);
    if (refreshed.kind === 'failed') return refreshed;
    const { token, expiresInS } = refreshed.value;
    const goodForS = Math.max(0, expiresInS - RENEWED_BEFORE_S);
    held = { token, expiresInS, refreshToken, untilMs: askedAtMs + goodForS * 1000 };
    return { kind: 'ok', value: token };
  };

  return {
    token: async () => {
      const read = readLogin();
      if (read.kind !== 'ok') return failed(noLogin(read));
      const { refreshToken } = read.login;
      if (held?.refreshToken === refreshToken && monoMs() < held.untilMs) return { kind: 'ok', value: held.token };
      if (pending?.refreshToken !== refreshToken) {
        const asking = { refreshToken, result: fetchToken(refreshToken) };
        pending = asking;
        void asking.result.then(() => {
          if (pending === asking) pending = null;
        });
      }
      return pending.result;
    },
    forget: (token) => {
      if (held?.token === token) held = null;
    },
  };
}

function noLogin(read: Exclude<LoginRead, { kind: 'ok' }>): YouTubeFailure {
  const none = 'there is no login; run "streamctl youtube login"';
  return read.kind === 'none'
    ? { ...failureOf('notLoggedIn', 'unauthorized'), message: none }
    : { ...failureOf('loginUnreadable', 'unauthorized'), message: `the login cannot be used: ${read.why}` };
}
