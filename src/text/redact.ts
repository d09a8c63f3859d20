/** Takes secrets and signatures out of a text before anybody may read it. */
export type Redact = (text: string) => string;

const SIGNATURE = /([?&](?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId)=)[^&\s"'<>]*/gi;

/** Known secrets are replaced wherever they stand, also URL-encoded; signatures by their parameter names. */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = [
    ...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])),
  ]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '[redacted]');
    return clean.replace(SIGNATURE, '$1[redacted]');
  };
}

/** Shorter ones would blank out ordinary words. */
const SHORTEST_SECRET = 4;
