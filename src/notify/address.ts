/**
 * Whether the text is an http(s) address that can be sent to. The path often is the only secret (healthchecks.io, Discord,
 * Slack), and a user and password are accepted too, so a refusal must never show the text.
 */
export function isAddress(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]{1,2040}$/i.test(text) || !URL.canParse(text)) return false;
  const { hostname, hash } = new URL(text);
  return hostname !== '' && hash === '';
}

/** Shorter parts of an address, such as the topic `rain`, may be ordinary words: they are secret only with their host. */
const SHORTEST_TOKEN = 16;

/**
 * Every text that must not be shown of an address: the whole, what follows the scheme (as in `curl HOST/PATH`), a password,
 * and each part of path and query that is long enough to be a token.
 */
export function secretsOfAddress(address: string): readonly string[] {
  const { username, password, host, pathname, search, searchParams } = new URL(address);
  const bare = pathname === '/' && search === '' ? [] : [`${host}${pathname}${search}`];
  const parts = [...pathname.split('/'), ...searchParams.values(), username].filter(
    (part) => part.length >= SHORTEST_TOKEN,
  );
  const passwords = password === '' ? [] : [password, decoded(password)];
  return [...new Set([address, ...bare, ...passwords, ...parts])];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
