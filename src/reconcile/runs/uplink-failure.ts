/** Why nothing is published, in one word and for people. */
export interface UplinkFailure {
  readonly reason: 'IngestUnreachable' | 'IngestUntrusted' | 'UplinkFailed';
  readonly message: string;
}

const UNREACHABLE = /refused|unreachable|no route|timed out|not resolve|not known/i;
/** FFmpeg with GnuTLS says "Peer certificate failed verification" for every cause, with OpenSSL "certificate verify failed". */
const UNTRUSTED = /certificate/i;
const WRONG_NAME = /does not match hostname/i;

/** Why the last uplink failed. `refused`: the ingest's port has refused since. */
export function uplinkFailure(lastFailure: string | null, refused: boolean): UplinkFailure {
  const message = lastFailure ?? 'the uplink failed';
  if (refused || UNREACHABLE.test(message)) return { reason: 'IngestUnreachable', message };
  if (UNTRUSTED.test(message)) return { reason: 'IngestUntrusted', message: `${untrustedText(message)} (${message})` };
  return { reason: 'UplinkFailed', message };
}

const untrustedText = (complaint: string): string =>
  WRONG_NAME.test(complaint)
    ? "nothing is sent: the ingest's certificate is of another host; check YOUTUBE_RTMP_URL"
    : "nothing is sent: the ingest's certificate is expired, not yet valid, or of an authority that is not trusted; check YOUTUBE_RTMP_URL, SSL_CERT_FILE and this machine's clock";
