import { closeSync, openSync, readSync } from 'node:fs';
import { failed, type Finding, inParts, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { connectStore } from '../../media/store-access.ts';
import type { Settings } from '../../../environment/settings.ts';
import type { MediaSource } from '../../../reconcile/model/desired.ts';
import type { ListedObject } from '../../../reconcile/model/item.ts';
import type { MediaFailure } from '../../../reconcile/model/reasons.ts';
import { isIgnored } from '../../../reconcile/programme/ignored-names.ts';
import { addressFailure } from '../../../store/fetch/first-byte.ts';
import { shownKey } from '../../../store/keys.ts';
import type { MediaResult } from '../../../store/port.ts';
import { errorCode } from '../../../system/errors.ts';

interface StorageFacts {
  readonly listed: MediaResult<readonly ListedObject[]>;
  /** The first object of `media`; null = the listing has none. */
  readonly key: string | null;
  /** null = not asked. */
  readonly signed: MediaResult<string> | null;
  /** Its first byte by the signed address; null = not asked. */
  readonly fetched: MediaResult<null> | null;
  /** The file names a prefix: without a listing nothing can be played. */
  readonly needsListing: boolean;
}

/** One page of a listing tells enough. */
const MOST_LISTED = 1_000;
const FETCH_WITHIN_MS = 5_000;

export async function checkStorage({ settings, desired }: Situation): Promise<readonly Finding[]> {
  if (settings === null) return [unknown('storage', 'not asked, as the environment is malformed')];
  if (settings.storage.kind === 'unconfigured') return [unknown('storage', 'not asked, as it is not configured')];
  const file = await desired;
  return judgeStorage(await gather(settings, file.kind === 'ok' ? file.spec.media : { kind: 'prefix', prefix: '' }));
}

async function gather(settings: Settings, media: MediaSource): Promise<StorageFacts> {
  const storage = connectStore(settings, MOST_LISTED);
  const wished = media.kind === 'prefix' ? null : media.kind === 'key' ? media.key : (media.keys[0] ?? null);
  const listed = await storage.listMedia(media.kind === 'prefix' ? media.prefix : (wished ?? ''));
  const first = listed.kind === 'ok' ? listed.value.find((object) => !isIgnored(object.key)) : undefined;
  const key = wished ?? first?.key ?? null;
  const needsListing = media.kind === 'prefix';
  if (key === null) return { listed, key, signed: null, fetched: null, needsListing };
  const signed = await storage.getStreamUrl(key, settings.urlTtlS);
  const fetched = signed.kind === 'ok' ? await fetchFirstByte(signed.value, key, settings.caFile) : null;
  return { listed, key, signed, fetched, needsListing };
}

async function fetchFirstByte(url: string, key: string, caFile: string | null): Promise<MediaResult<null>> {
  const failure = url.startsWith('file:')
    ? localFailure(url.slice('file:'.length), key)
    : await addressFailure(url, key, { timeoutMs: FETCH_WITHIN_MS, caFile });
  return failure === null ? { kind: 'ok', value: null } : { kind: 'failed', failure };
}

function localFailure(path: string, key: string): MediaFailure | null {
  try {
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, Buffer.alloc(1));
      return null;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = errorCode(error, 'unknown error');
    return { reason: 'MediaForbidden', message: `${shownKey(key)} cannot be read (${code}): check its permissions` };
  }
}

function judgeStorage({ listed, key, signed, fetched, needsListing }: StorageFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (listed.kind === 'ok') {
    findings.push(needsListing ? judgeCount(listed.value.length) : ok('storage-list', 'the store can be listed'));
  } else {
    const { message, remedy } = partsOf(listed.failure);
    // Keys that are named one by one need no permission to list.
    const isHarmless = !needsListing && fetched?.kind === 'ok';
    findings.push(isHarmless ? warning('storage-list', message, remedy) : failed('storage-list', message, remedy));
  }
  if (key === null || signed === null) {
    return [...findings, unknown('storage-fetch', 'no object was found to try')];
  }
  if (signed.kind === 'failed') {
    const { message, remedy } = partsOf(signed.failure);
    return [...findings, failed('storage-sign', message, remedy)];
  }
  findings.push(ok('storage-sign', `an address of ${shownKey(key)} could be made`));
  if (fetched === null) return findings;
  if (fetched.kind === 'ok') return [...findings, ok('storage-fetch', `the first byte of ${shownKey(key)} came`)];
  const { message, remedy } = partsOf(fetched.failure);
  return [...findings, failed('storage-fetch', message, remedy)];
}

function judgeCount(count: number): Finding {
  const check = 'storage-list';
  return count === 0
    ? failed(check, 'the store answers, but there is no media', 'upload some, or correct media: in desired.yaml')
    : ok(check, `${count >= MOST_LISTED ? 'at least ' : ''}${String(count)} objects`);
}

function partsOf({ reason, message }: MediaFailure): { readonly message: string; readonly remedy: string } {
  const parts = inParts(message, 'see docs/operate.md');
  return { message: `${reason}: ${parts.message}`, remedy: parts.remedy };
}
