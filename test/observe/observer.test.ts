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

/** `looks`: takes of each look at the processes whether an uplink may be started upon it. */
function observerOf(files: DesiredFile[], lastGood: DesiredFile | null = null, looks: boolean[] = []): Observer {
  const sources: ObserverSources = {
    readDesired: async () => files.shift() ?? missing,
    lookAtRuns: (mayStart) => {
      looks.push(mayStart);
      return { runs: known({ uplinks: [], playouts: [] }), exits: [], suspendedMs: 0 };
    },
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

describe('the look at the processes', () => {
  it('is told whether an uplink may be started upon it, by the file that counts', async () => {
    const looks: boolean[] = [];
    const stopped: DesiredFile = { kind: 'ok', hash: 'off', spec: { ...SPEC, running: false } };
    const observer = observerOf([missing, good('aaa'), broken, stopped, broken], null, looks);
    for (const _ of Array(5)) await observer.observe();
    expect(looks).toEqual([false, true, true, false, false]);
  });
});
