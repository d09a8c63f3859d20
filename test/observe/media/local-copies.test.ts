import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalCopies, type LocalCopiesOptions } from '../../../src/observe/media/local-copies.ts';
import type { ItemFacts, LocalCopy } from '../../../src/reconcile/model/item.ts';
import type { Fetched } from '../../../src/reconcile/model/observation.ts';
import { createS3Signer } from '../../../src/store/s3/signer.ts';
import type { MediaResult } from '../../../src/store/port.ts';
import { eventually } from '../../fixtures/eventually.ts';
import type { Fault } from '../../fixtures/s3-faults.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { factsOf } from '../../reconcile/world-builder.ts';

let workspace: Workspace;
let dir: string;
let store: S3Server;
let objects: Map<string, { readonly version: string; readonly bytes: Buffer }>;
let nowMs: number;
let wakes: number;

beforeEach(async () => {
  workspace = makeWorkspace();
  dir = workspace.dir;
  store = await startS3Server();
  objects = new Map();
  nowMs = 0;
  wakes = 0;
});
afterEach(async () => {
  await store.stop();
  await workspace.cleanup();
});

function upload(key: string, version: string, bytes: Buffer): void {
  objects.set(key, { version, bytes });
  store.put('media', key, bytes);
}

const failed = (key: string) =>
  ({ kind: 'failed', failure: { reason: 'StorageUnreachable', message: `no answer about ${key}` } }) as const;

async function factsOfKey(key: string): Promise<MediaResult<ItemFacts>> {
  const object = objects.get(key);
  const reachable = await fetch(store.url).then(
    () => true,
    () => false,
  );
  if (!reachable || object === undefined) return failed(key);
  return { kind: 'ok', value: factsOf(key, { version: object.version, sizeBytes: object.bytes.length }) };
}

const sign = (key: string): Promise<MediaResult<string>> => createS3Signer(s3Settings(store))(key, 600);

async function daemon(change: Partial<LocalCopiesOptions> = {}): Promise<LocalCopies> {
  const copies = new LocalCopies({
    dir,
    factsOf: factsOfKey,
    getStreamUrl: (key) => sign(key),
    caFile: null,
    write: (path, text) => writeFileSync(path, text),
    now: () => nowMs,
    wake: () => void wakes++,
    ...change,
  });
  await copies.load();
  return copies;
}

/** Asks, and waits for the answer. */
async function keep(copies: LocalCopies, key: string, maxAgeMs = -1): Promise<Fetched<LocalCopy>> {
  const before = wakes;
  copies.keep(key, maxAgeMs);
  await eventually(() => expect(wakes).toBeGreaterThan(before));
  return copies.copyOf(key);
}

const pathOf = (copy: Fetched<LocalCopy>): string => {
  if (copy.kind !== 'ok') throw new Error(`no copy: ${JSON.stringify(copy)}`);
  return copy.value.path;
};
const RED = Buffer.alloc(300_000, 'red ');
const BLUE = Buffer.alloc(200_000, 'blue');

describe('a copy', () => {
  it('is the object, whole, for this user alone, and nothing else is left', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    expect(copies.copyOf('slate.png')).toEqual({ kind: 'pending' });
    const path = pathOf(await keep(copies, 'slate.png'));
    expect(readFileSync(path).equals(RED)).toBe(true);
    expect((statSync(path).mode & 0o077).toString(8)).toBe('0');
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('is that of the key as it is written, also where a path would lead elsewhere', async () => {
    upload('slate.png', 'v1', RED);
    upload('art/../slate.png', 'v1', BLUE);
    const path = pathOf(await keep(await daemon(), 'art/../slate.png'));
    expect(readFileSync(path).equals(BLUE)).toBe(true);
  });

  it('is fetched once for as long as the object stays the same', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    const path = pathOf(await keep(copies, 'slate.png'));
    expect(pathOf(await keep(copies, 'slate.png'))).toBe(path);
    expect(bodies()).toHaveLength(1);
  });

  it('is not looked at again before its time', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    await keep(copies, 'slate.png');
    upload('slate.png', 'v2', BLUE);
    nowMs = 300_000;
    copies.keep('slate.png', 300_000);
    expect(copies.copyOf('slate.png')).toMatchObject({ value: { facts: { version: 'v1' } } });
    nowMs = 300_001;
    expect(await keep(copies, 'slate.png', 300_000)).toMatchObject({ value: { facts: { version: 'v2' } } });
  });

  it('follows an object that was replaced, under another name, and the old one goes', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    const before = pathOf(await keep(copies, 'slate.png'));
    upload('slate.png', 'v2', BLUE);
    const after = pathOf(await keep(copies, 'slate.png'));
    expect(after).not.toBe(before);
    expect(readFileSync(after).equals(BLUE)).toBe(true);
    expect(existsSync(before)).toBe(false);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('is never made twice at the same time', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    copies.keep('slate.png', -1);
    await keep(copies, 'slate.png');
    expect(bodies()).toHaveLength(1);
  });

  it('of two that are fetched at the same time is there for both', async () => {
    const copies = await daemon();
    for (let round = 0; round < 10; round++) {
      upload('slate.png', `v${round}`, RED);
      upload('visual.png', `v${round}`, BLUE);
      const before = wakes;
      copies.keep('slate.png', -1);
      copies.keep('visual.png', -1);
      await eventually(() => expect(wakes).toBe(before + 2));
      expect(readFileSync(pathOf(copies.copyOf('slate.png'))).equals(RED)).toBe(true);
      expect(readFileSync(pathOf(copies.copyOf('visual.png'))).equals(BLUE)).toBe(true);
    }
  });

  it('of a local store is the file itself', async () => {
    const path = join(dir, 'slate.png');
    writeFileSync(path, RED);
    objects.set('slate.png', { version: 'v1', bytes: RED });
    const copies = await daemon({ getStreamUrl: async () => ({ kind: 'ok', value: `file:${path}` }) });
    expect(pathOf(await keep(copies, 'slate.png'))).toBe(path);
  });
});

const bodies = () => store.requests.filter(({ method, key }) => method === 'GET' && key !== '');

describe('while the store fails', () => {
  it('the copy stays, and is renewed once the store is back', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    const path = pathOf(await keep(copies, 'slate.png'));
    await store.down();
    expect(pathOf(await keep(copies, 'slate.png'))).toBe(path);
    expect(readFileSync(path).equals(RED)).toBe(true);
    await store.up();
    upload('slate.png', 'v2', BLUE);
    expect(readFileSync(pathOf(await keep(copies, 'slate.png'))).equals(BLUE)).toBe(true);
  });

  it.each<readonly [string, Fault]>([
    ['truncated', { kind: 'truncate', afterBytes: 100_000 }],
    ['cut off', { kind: 'reset', afterBytes: 100_000 }],
    ['refused', { kind: 'status', status: 503, code: 'SlowDown' }],
  ])('a download that is %s leaves the old copy and no piece of the new', async (_, fault) => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    const path = pathOf(await keep(copies, 'slate.png'));
    upload('slate.png', 'v2', BLUE);
    store.fault = ({ method, key }) => (method === 'GET' && key !== '' ? fault : undefined);
    expect(pathOf(await keep(copies, 'slate.png'))).toBe(path);
    expect(readFileSync(path).equals(RED)).toBe(true);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it.each<readonly [string, Fault, string]>([
    ['truncated', { kind: 'truncate', afterBytes: 100_000 }, '"slate.png" could not be copied'],
    ['refused', { kind: 'status', status: 403, code: 'AccessDenied' }, 'the store answered 403'],
  ])('a first download that is %s is told, without its address', async (_, fault, message) => {
    upload('slate.png', 'v1', RED);
    store.fault = ({ method, key }) => (method === 'GET' && key !== '' ? fault : undefined);
    const copy = await keep(await daemon(), 'slate.png');
    expect(copy).toMatchObject({ kind: 'failed', failure: { reason: 'StorageError' } });
    expect(JSON.stringify(copy)).toContain(JSON.stringify(message).slice(1, -1));
    expect(JSON.stringify(copy)).not.toMatch(/Signature|http:/i);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('there is none where there was none, and the reason is told', async () => {
    await store.down();
    expect(await keep(await daemon(), 'slate.png')).toEqual({ ...failed('slate.png'), atMs: 0, lastGood: null });
  });
});

describe('the disk', () => {
  it('takes nothing that is larger than half of what is free', async () => {
    upload('film.mp4', 'v1', RED);
    const factsOfFilm = async (key: string): Promise<MediaResult<ItemFacts>> => ({
      kind: 'ok',
      value: factsOf(key, { sizeBytes: 1e15 }),
    });
    const copy = await keep(await daemon({ factsOf: factsOfFilm }), 'film.mp4');
    expect(copy).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('half of what is free') },
    });
    expect(bodies()).toEqual([]);
  });

  it('takes no more than was announced, even of an object that grew meanwhile', async () => {
    upload('slate.png', 'v1', RED);
    store.put('media', 'slate.png', Buffer.alloc(64 * 1024 * 1024, 'x'));
    let largest = 0;
    const watch = setInterval(() => {
      // The copy is removed by another thread, so it may be gone once its name is read.
      const sizes = readdirSync(dir).map((name) => statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0);
      largest = Math.max(largest, ...sizes);
    }, 2);
    try {
      expect(await keep(await daemon(), 'slate.png')).toMatchObject({ kind: 'failed' });
    } finally {
      clearInterval(watch);
    }
    expect(largest).toBeLessThan(8 * 1024 * 1024);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that takes no description leaves a copy that is told as failed', async () => {
    upload('slate.png', 'v1', RED);
    const write = (): never => {
      throw new Error('ENOSPC: no space left on device');
    };
    expect(await keep(await daemon({ write }), 'slate.png')).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('no space left') },
    });
  });
});

describe('a look at the copies', () => {
  it('finds one missing that somebody deleted, and it is made anew', async () => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    rmSync(pathOf(await keep(copies, 'slate.png')));
    expect((await copies.look()).get('slate.png')).toBeUndefined();
    expect(readFileSync(pathOf(await keep(copies, 'slate.png', 60_000))).equals(RED)).toBe(true);
  });

  it.each(['EACCES', 'ESTALE', 'EIO'])('that fails with %s finds what there was', async (code) => {
    upload('slate.png', 'v1', RED);
    const copies = await daemon();
    const path = pathOf(await keep(copies, 'slate.png'));
    const refused = Object.assign(new Error(code), { code });
    expect(pathOf((await copies.look(() => Promise.reject(refused))).get('slate.png')!)).toBe(path);
  });
});

describe('the next daemon', () => {
  it('finds the copy without a word from the store', async () => {
    upload('slate.png', 'v1', RED);
    const path = pathOf(await keep(await daemon(), 'slate.png'));
    await store.down();
    const next = await daemon();
    expect(pathOf(next.copyOf('slate.png'))).toBe(path);
    expect(next.copyOf('slate.png')).toMatchObject({ value: { facts: { key: 'slate.png', version: 'v1' } } });
  });

  it.each<readonly [string, (path: string) => void]>([
    ['shorter than it was', (path) => writeFileSync(path, RED.subarray(1))],
    ['gone', (path) => rmSync(path)],
    ['without its description', (path) => rmSync(path.replace(/media$/, 'json'))],
    ['with a description of another shape', (path) => writeFileSync(path.replace(/media$/, 'json'), '{"key":1}')],
    ['with half a description', (path) => writeFileSync(path.replace(/media$/, 'json'), '{"key":"sl')],
  ])('does not believe in one that is %s, and makes it anew', async (_, harm) => {
    upload('slate.png', 'v1', RED);
    harm(pathOf(await keep(await daemon(), 'slate.png')));
    const next = await daemon();
    expect(next.copyOf('slate.png')).toEqual({ kind: 'pending' });
    expect(readFileSync(pathOf(await keep(next, 'slate.png'))).equals(RED)).toBe(true);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('deletes what nobody asks for any more once it makes another, and nothing that is not its own', async () => {
    upload('old.png', 'v1', RED);
    upload('new.png', 'v1', BLUE);
    const own = ['stream_state.json', 'copy-of-mine.media', 'program.fifo', 'copy-0123456789abcdef.mp4'];
    for (const name of own) writeFileSync(join(dir, name), 'x');
    const old = pathOf(await keep(await daemon(), 'old.png'));
    const next = await daemon();
    expect(existsSync(old)).toBe(true);
    await keep(next, 'new.png');
    expect(existsSync(old)).toBe(false);
    for (const name of own) expect(existsSync(join(dir, name))).toBe(true);
    expect(readdirSync(dir)).toHaveLength(own.length + 2);
  });

  it('deletes what a killed one had half fetched', async () => {
    writeFileSync(join(dir, 'copy-0123456789abcdef.part'), RED);
    upload('slate.png', 'v1', RED);
    await keep(await daemon(), 'slate.png');
    expect(readdirSync(dir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
