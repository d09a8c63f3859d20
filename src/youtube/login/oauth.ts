import { z } from 'zod';
import { BAD_ANSWER, failed, failureOf, failureOfAnswer } from '../failure.ts';
import type { Http, HttpAnswer } from '../wire/http.ts';
import type { YouTubeFailure } from '../../reconcile/model/youtube/youtube.ts';
import type { YouTubeResult } from '../port.ts';
import type { YouTubeSettings } from '../settings.ts';
import { parseJson } from '../../system/json.ts';

/** The only scope asked for. The device flow allows it, and a single scope cannot be granted in part. */
export const SCOPE = 'https://www.googleapis.com/auth/youtube';

/** What a person is to do at another device. */
export interface DeviceCode {
  readonly deviceCode: string;
  /** What is typed there, such as `ABCD-EFGH`. */
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly expiresInS: number;
  readonly intervalS: number;
}

export interface Grant {
  readonly refreshToken: string;
  readonly scope: string;
  /** Null = it does not expire. Google names a time, of seven days, where the app's publishing status is Testing. */
  readonly expiresInS: number | null;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresInS: number;
}

/** The state of a device code, in the terms of RFC 8628. */
export type DeviceAnswer =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'pending' }
  /** Asked too often: five seconds more between two polls from now on. */
  | { readonly kind: 'slowDown' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly failure: YouTubeFailure };

/** Google's OAuth server, for one client of the type "TVs and Limited Input devices". None of it costs quota. */
export interface OAuth {
  requestDeviceCode(): Promise<YouTubeResult<DeviceCode>>;
  pollDeviceCode(deviceCode: string): Promise<DeviceAnswer>;
  refresh(refreshToken: string): Promise<YouTubeResult<AccessToken>>;
  /** Takes the grant back at Google; ok also where it was no longer one. */
  revoke(refreshToken: string): Promise<YouTubeResult<null>>;
}

const deviceCodeSchema = z.object({
  device_code: z.string().min(1),
  user_code: z.string().regex(/^[\x21-\x7e]{1,40}$/),
  verification_url: z.string().regex(/^https?:\/\/[\x21-\x7e]{1,200}$/),
  expires_in: z.number().positive().max(86_400).catch(1800),
  interval: z.number().positive().max(600).catch(5),
});
const grantSchema = z.object({
  refresh_token: z.string().min(1),
  scope: z.string().catch(''),
  refresh_token_expires_in: z.number().positive().nullish().catch(null),
});
const accessSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().catch(3599) });

export function createOAuth(
  { clientId, clientSecret, oauthUrl }: Pick<YouTubeSettings, 'clientId' | 'clientSecret' | 'oauthUrl'>,
  http: Http,
): OAuth {
  const client = { client_id: clientId, client_secret: clientSecret };
  /** Secrets go in the body, so that no proxy or log of addresses sees them. */
  const post = (path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    http({
      method: 'POST',
      url: new URL(path, oauthUrl),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });

  return {
    requestDeviceCode: async () => {
      const answer = await post('/device/code', { client_id: clientId, scope: SCOPE });
      return read(answer, deviceCodeSchema, (code) => ({
        deviceCode: code.device_code,
        userCode: code.user_code,
        verificationUrl: code.verification_url,
        expiresInS: code.expires_in,
        intervalS: code.interval,
      }));
    },

    pollDeviceCode: async (deviceCode) => {
      const type = 'urn:ietf:params:oauth:grant-type:device_code';
      const answer = await post('/token', { grant_type: type, device_code: deviceCode, ...client });
      const granted = read(answer, grantSchema, (grant) => ({
        refreshToken: grant.refresh_token,
        scope: grant.scope,
        expiresInS: grant.refresh_token_expires_in ?? null,
      }));
      return granted.kind === 'ok' ? { kind: 'granted', grant: granted.value } : notGranted(granted.failure);
    },

    refresh: async (refreshToken) => {
      const answer = await post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...client });
      return read(answer, accessSchema, (access) => ({ token: access.access_token, expiresInS: access.expires_in }));
    },

    revoke: async (refreshToken) => {
      const answer = await post('/revoke', { token: refreshToken });
      if (answer.kind === 'answer' && answer.status === 200) return { kind: 'ok', value: null };
      const failure = failureOfAnswer(answer);
      return failure.reason === 'invalid_token' ? { kind: 'ok', value: null } : failed(failure);
    },
  };
}

function notGranted(failure: YouTubeFailure): DeviceAnswer {
  switch (failure.reason) {
    case 'authorization_pending':
      return { kind: 'pending' };
    case 'slow_down':
      return { kind: 'slowDown' };
    case 'access_denied':
      return { kind: 'denied' };
    // The second is Google's word for a device code that it does not know, or no longer.
    case 'expired_token':
    case 'invalid_grant':
      return { kind: 'expired' };
    default:
      return { kind: 'failed', failure };
  }
}

function read<S extends z.ZodType, T>(
  answer: HttpAnswer,
  schema: S,
  take: (value: z.output<S>) => T,
): YouTubeResult<T> {
  if (answer.kind === 'none' || answer.status !== 200) {
    const failure = failureOfAnswer(answer);
    // Whatever the word, what OAuth refuses for good needs another login.
    const isFinal = failure.kind === 'invalid' || failure.kind === 'refused';
    return failed(isFinal ? failureOf(failure.reason, 'unauthorized') : failure);
  }
  const parsed = schema.safeParse(parseJson(answer.text));
  return parsed.success ? { kind: 'ok', value: take(parsed.data) } : failed(BAD_ANSWER);
}
