import { closeSync, openSync, readSync } from 'node:fs';
import { failed, type Finding, inParts, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import type { Settings } from '../../../environment/settings.ts';
import type { MediaSource } from '../../../reconcile/model/desired.ts';
import type { MediaFailure } from '../../../reconcile/model/reasons.ts';
import { isIgnored } from '../../../reconcile/programme/ignored-names.ts';
import { openStore } from '../../../store/drivers.ts';
import { addressFailure } from '../../../store/fetch/first-byte.ts';
import { shownKey } from '../../../store/keys.ts';
import type { Storage } from '../../../store/port.ts';
import { errorCode } from '../../../system/errors.ts';

/** One page of a listing tells enough. */
const MOST_LISTED = 1_000;
const FETCH_WITHIN_MS = 5_000;

export async function checkStorage({ settings, desired }: Situation): Promise<readonly Finding[]> {
  if (settings === null) return [unknown('storage', 'not asked, as the environment is malformed')];
  if (settings.storage.kind === 'unconfigured') return [unknown('storage', 'not asked, as it is not configured')];
  const file = await desired;
  const media: MediaSource = file.kind === 'ok' ? file.spec.media : { kind: 'prefix', prefix: '' };
  const named = media.kind === 'prefix' ? null : media.kind === 'key' ? media.key : (media.keys[0] ?? null);
  const storage = openStore(settings.storage, settings.caFile, MOST_LISTED);
  const listed = await storage.listMedia(media.kind === 'prefix' ? media.prefix : (named ?? ''));
  const first = listed.kind === 'ok' ? listed.value.find((object) => !isIgnored(object.key)) : undefined;
  const key = named ?? first?.key ?? null;
  const tried =
    key === null ? [unknown('storage-fetch', 'no object was found to try')] : await tryObject(storage, settings, key);
  if (listed.kind === 'failed') {
    // Keys that are named one by one need no permission to list.
    const isHarmless = media.kind !== 'prefix' && tried.every(({ verdict }) => verdict === 'ok');
    return [bad('storage-list', listed.failure, isHarmless ? warning : failed), ...tried];
  }
  const list =
    media.kind === 'prefix' ? judgeCount(listed.value.length) : ok('storage-list', 'the store can be listed');
  return [list, ...tried];
}

/** Makes an address of the object, and asks by it for the first byte. */
async function tryObject(storage: Storage, { urlTtlS, caFile }: Settings, key: string): Promise<readonly Finding[]> {
  const signed = await storage.getStreamUrl(key, urlTtlS);
  if (signed.kind === 'failed') return [bad('storage-sign', signed.failure)];
  const url = signed.value;
  const failure = url.startsWith('file:')
    ? localFailure(url.slice('file:'.length), key)
    : await addressFailure(url, key, { timeoutMs: FETCH_WITHIN_MS, caFile });
  return [
    ok('storage-sign', `an address of ${shownKey(key)} could be made`),
    failure === null ? ok('storage-fetch', `the first byte of ${shownKey(key)} came`) : bad('storage-fetch', failure),
  ];
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

function judgeCount(count: number): Finding {
  const check = 'storage-list';
  return count === 0
    ? failed(check, 'the store answers, but there is no media', 'upload some, or correct media: in desired.yaml')
    : ok(check, `${count >= MOST_LISTED ? 'at least ' : ''}${String(count)} objects`);
}

/** What the store refuses, with what to do; `verdict` unless it is a failure. */
function bad(check: string, { reason, message }: MediaFailure, verdict = failed): Finding {
  const parts = inParts(message, 'see docs/operate.md');
  return verdict(check, `${reason}: ${parts.message}`, parts.remedy);
}
