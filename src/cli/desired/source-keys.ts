import type { MediaSource } from '../../reconcile/model/desired.ts';
import { mediaIn } from '../../reconcile/programme/ignored-names.ts';
import type { MediaResult, Storage } from '../../store/port.ts';

/** The keys that `media` or `visual` names, as the daemon takes them; a prefix is listed. */
export async function sourceKeys(storage: Storage, source: MediaSource): Promise<MediaResult<readonly string[]>> {
  switch (source.kind) {
    case 'key':
      return { kind: 'ok', value: [source.key] };
    case 'list':
      return { kind: 'ok', value: source.keys };
    case 'prefix': {
      const listed = await storage.listMedia(source.prefix);
      return listed.kind === 'failed' ? listed : { kind: 'ok', value: mediaIn(listed.value) };
    }
  }
}
