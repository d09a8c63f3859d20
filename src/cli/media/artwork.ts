import type { MediaAccess } from './media-access.ts';
import { sourceKeys } from '../desired/source-keys.ts';
import { runOnAir } from '../status/living-runs.ts';
import { LocalCopies } from '../../observe/media/local-copies.ts';
import { type DesiredSpec, type MediaSource, MOST_VISUALS } from '../../reconcile/model/desired.ts';
import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import { playoutHash } from '../../reconcile/playout/hashes.ts';
import { itemSpec } from '../../reconcile/playout/spec.ts';
import type { MediaResult, Storage } from '../../store/port.ts';

/** The keys that `visual` names, as the daemon takes them. */
export async function visualKeys(
  storage: Storage,
  visual: MediaSource | null,
): Promise<MediaResult<readonly string[]>> {
  if (visual === null) return { kind: 'ok', value: [] };
  const keys = await sourceKeys(storage, visual);
  return keys.kind === 'failed' ? keys : { kind: 'ok', value: keys.value.slice(0, MOST_VISUALS) };
}

/** The slate as the daemon has it; null = the built-in colour. */
export const slateOf = async (access: MediaAccess, { slate }: DesiredSpec): Promise<LocalCopy | null> =>
  slate === null ? null : copyOf(access, await daemonsCopies(access), slate);

/** The picture under the song on air: the visual with which its playout has the hash that it has; where none gives that hash, the slate. */
export async function visualOnAir(access: MediaAccess, song: ItemFacts, spec: DesiredSpec): Promise<LocalCopy | null> {
  const copies = await daemonsCopies(access);
  const hash = runOnAir(access.settings.stateDir)?.marker.specHash;
  const keys = await visualKeys(access.storage, spec.visual);
  for (const key of keys.kind === 'ok' ? keys.value : []) {
    const visual = await copyOf(access, copies, key);
    if (visual !== null && hashUnder(song, spec, visual) === hash) return visual;
  }
  return spec.slate === null ? null : copyOf(access, copies, spec.slate);
}

function hashUnder(song: ItemFacts, spec: DesiredSpec, visual: LocalCopy): string {
  const cursor = { round: 0, index: 0, key: song.key, offsetMs: 0 };
  const budget = { urlTtlMs: Number.MAX_SAFE_INTEGER, sole: false };
  return playoutHash(itemSpec(song, spec, cursor, budget, { slate: null, visual, clips: new Map() }));
}

/** Copies of objects in this directory; `write` keeps what is known of them. */
export function copiesIn(dir: string, access: MediaAccess, write: (path: string, text: string) => void): LocalCopies {
  const { storage, settings } = access;
  return new LocalCopies({
    dir,
    factsOf: (key) => access.factsOf(key),
    getStreamUrl: (key) => storage.getStreamUrl(key, settings.urlTtlS),
    caFile: settings.caFile,
    write,
    now: () => performance.now(),
    wake: () => undefined,
  });
}

/** Those of the daemon, which are only read. */
async function daemonsCopies(access: MediaAccess): Promise<LocalCopies> {
  const copies = copiesIn(access.settings.stateDir, access, () => undefined);
  await copies.load();
  return copies;
}

/** The copy in the state directory, or the file itself; null = neither, or it has no picture. */
async function copyOf(access: MediaAccess, copies: LocalCopies, key: string): Promise<LocalCopy | null> {
  const { storage, settings } = access;
  const copy = copies.copyOf(key);
  if (copy.kind === 'ok') return copy.value.facts.video === null ? null : copy.value;
  const url = settings.storage.kind === 'local' ? await storage.getStreamUrl(key, settings.urlTtlS) : null;
  const facts = url?.kind === 'ok' ? await access.factsOf(key) : null;
  if (url?.kind !== 'ok' || facts?.kind !== 'ok' || facts.value.video === null) return null;
  return { facts: facts.value, path: url.value.slice('file:'.length) };
}
