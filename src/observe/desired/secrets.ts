/** Shorter strings are not searched for: they would be found in any file. */
const MIN_SECRET_LENGTH = 6;

const NAMES = new Set(
  ['key', 'stream_key', 'rtmp_key', 'secret', 'secret_key', 'secret_access_key', 'access_key', 'access_key_id']
    .concat(['api_key', 'token', 'session_token', 'password', 'passwd', 'credentials'])
    .concat(['client_id', 'client_secret', 'refresh_token', 'access_token'])
    .map(squeeze),
);
const FAMILIES = ['storage', 'youtube', 'aws', 'r2', 'heartbeat', 'notify'];

/** Why a name has no place in `desired.yaml`; null when it does not look like a secret's. */
export function secretNameRefusal(name: string): string | null {
  const lower = squeeze(name);
  if (
    !NAMES.has(lower) &&
    !FAMILIES.some((family) => new RegExp(`^${family}[-_. ]`, 'i').test(name)) &&
    !lower.endsWith('streamkey')
  ) {
    return null;
  }
  return (
    'secrets and the settings that go with them belong in the environment or a .env file ' +
    '(YOUTUBE_STREAM_KEY, STORAGE_SECRET_ACCESS_KEY, or NAME_FILE), because this file is kept in git and shown to people'
  );
}

/** Where one of the secrets occurs in the text, or -1. */
export function findSecret(text: string, secrets: readonly string[]): number {
  const found = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .map((secret) => text.indexOf(secret))
    .filter((offset) => offset >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

function squeeze(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '');
}
