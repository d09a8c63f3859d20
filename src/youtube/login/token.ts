import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { errorCode } from '../../system/errors.ts';
import { parseJson } from '../../system/json.ts';

const schema = z.object({
  refreshToken: z.string().min(1).max(2048),
  scope: z.string().catch(''),
  /** Null when the account had no channel, or it could not be asked. */
  channelId: z.string().nullable().catch(null),
  /** ISO 8601. */
  authorizedAt: z.string().catch(''),
});

/** A login as it is kept: `youtube-token.json`, mode 0600. Access tokens are never written. */
export type Login = Readonly<z.infer<typeof schema>>;

export type LoginRead =
  | { readonly kind: 'ok'; readonly login: Login }
  | { readonly kind: 'none' }
  /** There is a file, and it is of no use. `why` is one line without what is in it. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads the login. It is read at every look, so that a login or logout by a command is noticed without a restart. */
export function readLogin(path: string): LoginRead {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' ? { kind: 'none' } : { kind: 'unreadable', why: `the file cannot be read (${code})` };
  }
  const login = schema.safeParse(parseJson(text)).data;
  if (login !== undefined) return { kind: 'ok', login };
  return { kind: 'unreadable', why: 'the file is damaged; run "streamctl youtube login"' };
}

/** Replaces the login, whole or not at all; throws where the disk refuses. */
export function writeLogin(path: string, login: Login): void {
  writeFileAtomically(path, `${JSON.stringify(login, null, 2)}\n`);
}
