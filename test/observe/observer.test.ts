import { NO_LOGIN } from '../../src/reconcile/model/youtube/youtube.ts';
import { describe, expect, it } from 'vitest';
import { Observer, type ObserverSources } from '../../src/observe/observer.ts';
import type { DesiredFile } from '../../src/reconcile/model/desired.ts';
import { known } from '../../src/reconcile/model/observed.ts';
import { SPEC, STORE } from '../reconcile/world-builder.ts';

const good = (hash: string, bitrateKbps = 3000): DesiredFile => ({
  kind: 'ok',
  hash,
  spec: { ...SPEC, bitrateKbps },
});
const broken: DesiredFile = {
  kind: 'invalid',
  hash: 'bad000000000',
  problems: [{ line: 1, column: 1, message: 'broken' }],
};
const missing: DesiredFile = { kind: 'missing', message: 'gone' };

function observerOf(files: DesiredFile[], lastGood: DesiredFile | null = null): Observer {
  const sources: ObserverSources = {
    readDesired: async () => files.shift() ?? missing,
    lookAtRuns: () => ({ runs: known({ uplinks: [], playouts: [] }), exits: [], suspendedMs: 0 }),
    lookAtMedia: async () => STORE,
    toolchain: () => ({ kind: 'checking' }),
    mbuffer: () => 'atHand',
    ingest: () => ({ kind: 'idle' }),
    obstacles: [],
    notifier: () => null,
    recycle: () => null,
    youtube: () => NO_LOGIN,
  };
  return new Observer(sources, lastGood);
}

describe('the desired file in an observation', () => {
  it('is the file as long as it is good', async () => {
    const observer = observerOf([good('aaa'), good('bbb', 1000)]);
    expect((await observer.observe()).desired.accepted?.hash).toBe('aaa');
    expect((await observer.observe()).desired.accepted).toMatchObject({ hash: 'bbb', spec: { bitrateKbps: 1000 } });
  });

  it('stays the last good one over a broken and a missing file, which are told nevertheless', async () => {
    const observer = observerOf([good('aaa'), broken, missing]);
    await observer.observe();
    expect((await observer.observe()).desired).toMatchObject({ file: { kind: 'invalid' }, accepted: { hash: 'aaa' } });
    expect((await observer.observe()).desired).toMatchObject({ file: { kind: 'missing' }, accepted: { hash: 'aaa' } });
  });

  it('is what an earlier daemon kept until there is a good file', async () => {
    const observer = observerOf([broken, good('bbb')], good('old'));
    expect((await observer.observe()).desired.accepted?.hash).toBe('old');
    expect((await observer.observe()).desired.accepted?.hash).toBe('bbb');
  });

  it.each([
    ['broken', broken],
    ['missing', missing],
    ['absent', null],
  ])('is nothing when the kept one is %s, too', async (_, lastGood) => {
    expect((await observerOf([broken], lastGood).observe()).desired.accepted).toBeNull();
  });
});
