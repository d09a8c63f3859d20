/** Takes secrets and signatures out of a text before anybody may read it. */
export type Redact = (text: string) => string;

const SIGNATURE = /([?&](?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId)=)[^&\s"'<>]*/gi;

/** Google's tokens and client secrets, by their form: a login may be newer than the process, which then does not know it. */
const GOOGLE_SECRET = /\b(?:1\/\/|ya29\.|GOCSPX-)[\w.-]{10,}/g;

/** Known secrets are replaced wherever they stand, also URL-encoded; signatures by their parameter names, Google's by their form. */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = [
    ...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])),
  ]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '[redacted]');
    return clean.replace(SIGNATURE, '$1[redacted]').replace(GOOGLE_SECRET, '[redacted]');
  };
}

/** Replacing shorter secrets would hide ordinary words. */
const SHORTEST_SECRET = 4;

/** Takes out paths of this machine, which FFmpeg names in its complaints. Addresses and keys stay. */
export const withoutPaths = (text: string): string => text.replace(/(?<![\w:/."-])\/(?:[\w.-]+\/)+[\w.-]+/g, '[path]');
