import { createHmac, hash } from 'node:crypto';
import type { DesiredSpec } from '../model/desired.ts';
import type { LocalCopy } from '../model/item.ts';
import type { PlayoutSpec } from '../model/playout.ts';
import { frameOf, houseFormat } from './house-format.ts';

/** Fingerprint of plain data: 12 hex digits, equal for equal data whatever the order of its keys. */
export const fingerprint = (data: unknown): string => hash('sha256', canonical(data)).slice(0, 12);

function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (data === null || typeof data !== 'object') return JSON.stringify(data) ?? 'null';
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`;
}

/**
 * Fingerprint of what viewers get, without the position: a playout whose hash differs from the desired one is replaced. A copied
 * picture does not depend on the desired bitrate. Whether the clip under a song is copied or encoded makes no difference to
 * viewers, nor to the hash, so that no song is replaced for it.
 */
export function playoutHash(spec: PlayoutSpec): string {
  if (spec.kind === 'slate') return fingerprint({ kind: 'slate', format: spec.format, source: nameOf(spec.source) });
  const { key, version } = spec.facts;
  const { picture, sound } = spec.part;
  const backdrop = nameOf(spec.backdrop);
  if (spec.clip !== null) return fingerprint({ key, version, mode: 'transcode', format: spec.format, backdrop });
  const mode = picture === sound ? picture : { picture, sound };
  const format = picture === 'copy' ? frameOf(spec.format) : spec.format;
  return fingerprint({ key, version, mode, format, backdrop });
}

const nameOf = (copy: LocalCopy | null): object | null =>
  copy === null ? null : { key: copy.facts.key, version: copy.facts.version };

/** Where the RTMP session goes. The key itself is in the environment only. */
export interface IngestTarget {
  readonly url: string;
  /** HMAC of the stream key: shows a rotated key without storing it. */
  readonly keyDigest: string;
}

/** `salt` makes the digest useless outside this state directory. */
export const keyDigest = (key: string, salt: string): string =>
  createHmac('sha256', salt).update(key).digest('hex').slice(0, 16);

/** Fingerprint of an RTMP session: another hash needs a new session. */
export const sessionHash = (target: IngestTarget, spec: DesiredSpec): string =>
  fingerprint({ url: target.url, key: target.keyDigest, frame: frameOf(houseFormat(spec)) });
