import { createHmac } from 'node:crypto';
import { fingerprint } from './hash.ts';
import type { DesiredSpec } from './model/desired.ts';
import { frameOf, houseFormat } from './playout/house-format.ts';

/** Where the RTMP session goes; the key itself is in the environment only. */
export interface IngestTarget {
  readonly url: string;
  /** HMAC of the stream key, so that a rotated key is seen without the key being kept anywhere. */
  readonly keyDigest: string;
}

/** `salt` makes the digest useless outside this state directory. */
export const keyDigest = (key: string, salt: string): string =>
  createHmac('sha256', salt).update(key).digest('hex').slice(0, 16);

/** Fingerprint of one RTMP session: a change of any of these needs a new one. */
export const sessionHash = (target: IngestTarget, spec: DesiredSpec): string =>
  fingerprint({ url: target.url, key: target.keyDigest, frame: frameOf(houseFormat(spec)) });
