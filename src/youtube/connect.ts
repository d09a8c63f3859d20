import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createYouTube } from './client.ts';
import { createAccess } from './login/access.ts';
import { createOAuth, type OAuth } from './login/oauth.ts';
import { readLogin, type LoginRead } from './login/token.ts';
import type { YouTube } from './port.ts';
import { openQuotaLedger, type QuotaLedger } from './quota.ts';
import type { YouTubeSettings } from './settings.ts';
import { createHttp } from './wire/http.ts';
import { createTransport } from './wire/transport.ts';
import { STATE_FILES } from '../state/files.ts';

/** The client of YouTube's APIs and its parts, for one OAuth client and one state directory. */
export interface YouTubeConnection {
  readonly youtube: YouTube;
  readonly oauth: OAuth;
  readonly ledger: QuotaLedger;
  readonly readLogin: () => LoginRead;
}

interface ConnectOptions {
  /** Holds the login and the count of what was spent of the day's quota. */
  readonly stateDir: string;
  /** Bundle of authorities for https; null = Node's own. */
  readonly caFile: string | null;
  /** Unix time, for the ledger's days; the machine's unless given. */
  readonly nowMs?: () => number;
  /** Any clock that only goes forward, for the life of access tokens. */
  readonly monoMs: () => number;
  readonly timeoutMs?: number;
}

/** Makes a connection; no request is made before it is used. Imported dynamically, so only where there is a client. */
export function connectYouTube(settings: YouTubeSettings, options: ConnectOptions): YouTubeConnection {
  const { stateDir, caFile, nowMs = Date.now, monoMs, timeoutMs } = options;
  const ca = caFile === null ? null : readFileSync(caFile);
  const http = createHttp({ ca, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const oauth = createOAuth(settings, http);
  const login = (): LoginRead => readLogin(join(stateDir, STATE_FILES.youtubeToken));
  const access = createAccess({ oauth, readLogin: login, monoMs });
  const ledger = openQuotaLedger(join(stateDir, STATE_FILES.youtubeQuota), nowMs);
  const transport = createTransport({ http, access, ledger });
  return { youtube: createYouTube(settings, transport), oauth, ledger, readLogin: login };
}
