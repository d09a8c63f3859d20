import { describe, expect, it } from 'vitest';
import { sourceKeys } from '../../../src/cli/desired/source-keys.ts';
import { visualKeys } from '../../../src/cli/media/artwork.ts';
import { MOST_VISUALS } from '../../../src/reconcile/model/desired.ts';
import type { MediaResult, Storage } from '../../../src/store/port.ts';
import type { ListedObject } from '../../../src/reconcile/model/item.ts';

/** A store that lists these keys, whatever it is asked for. */
function storeOf(...keys: readonly string[]): Storage {
  const listing: MediaResult<readonly ListedObject[]> = {
    kind: 'ok',
    value: keys.map((key) => ({ key, version: 'v1', sizeBytes: 1 })),
  };
  return { ...AWAY, listMedia: () => Promise.resolve(listing) };
}

const away = { kind: 'failed', failure: { reason: 'StorageUnreachable', message: 'the store is away' } } as const;
const AWAY: Storage = {
  listMedia: () => Promise.resolve(away),
  statMedia: () => Promise.resolve(away),
  getStreamUrl: () => Promise.resolve(away),
};
const PREFIX = { kind: 'prefix', prefix: 'v/' } as const;

describe('the keys that desired.yaml names', () => {
  it('are those that the daemon plays of a prefix: what is no media by its name is left out', async () => {
    const store = storeOf('v/Thumbs.db', 'v/a.mp4', 'v/a.srt', 'v/b.mp4');
    expect(await sourceKeys(store, PREFIX)).toEqual({ kind: 'ok', value: ['v/a.mp4', 'v/b.mp4'] });
    expect(await visualKeys(store, PREFIX)).toEqual({ kind: 'ok', value: ['v/a.mp4', 'v/b.mp4'] });
  });

  it('are taken as they stand where they are named one by one, without asking the store', async () => {
    expect(await sourceKeys(AWAY, { kind: 'key', key: 'a.srt' })).toEqual({ kind: 'ok', value: ['a.srt'] });
    expect(await sourceKeys(AWAY, { kind: 'list', keys: ['b', 'a.nfo'] })).toEqual({
      kind: 'ok',
      value: ['b', 'a.nfo'],
    });
    expect(await visualKeys(AWAY, null)).toEqual({ kind: 'ok', value: [] });
  });

  it('are not known where the store does not answer', async () => {
    expect(await sourceKeys(AWAY, PREFIX)).toEqual(away);
    expect(await visualKeys(AWAY, PREFIX)).toEqual(away);
  });

  it('are no more visuals than the daemon shows, counted without what is ignored', async () => {
    const keys = Array.from({ length: 40 }, (_, at) => [`v/${at}.mp4`, `v/${at}.srt`]).flat();
    const found = await visualKeys(storeOf(...keys), PREFIX);
    expect(found).toEqual({ kind: 'ok', value: keys.filter((key) => key.endsWith('.mp4')).slice(0, MOST_VISUALS) });
  });
});
