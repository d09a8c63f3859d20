import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/drivers.ts';
import type { Storage } from '../../src/store/port.ts';
import type { StorageSettings } from '../../src/store/settings.ts';
import { startS3Server } from '../fixtures/s3-server.ts';
import { s3Settings } from '../fixtures/s3-settings.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

/** A store to test, and a way round the driver to put objects into it. */
interface Bench {
  readonly settings: StorageSettings;
  put(key: string, bytes: Buffer): void;
  read(url: string): Promise<Buffer>;
  stop(): Promise<void>;
}

const drivers: readonly { readonly name: string; readonly open: () => Promise<Bench> }[] = [
  { name: 'local', open: openLocal },
  { name: 's3', open: openS3 },
];

describe.each(drivers)('the storage contract with driver $name', ({ open }) => {
  let bench: Bench;
  let storage: Storage;

  beforeEach(async () => {
    bench = await open();
    storage = openStore(bench.settings, null);
  });
  afterEach(() => bench.stop());

  const keysUnder = async (prefix: string): Promise<readonly string[]> => {
    const result = await storage.listMedia(prefix);
    if (result.kind === 'failed') throw new Error(result.failure.message);
    return result.value.map((object) => object.key);
  };

  it('lists every key under a prefix in natural order, folders included', async () => {
    for (const key of ['l/10.mp4', 'l/2.mp4', 'l/sub/1.mp4', 'other/1.mp4', '1.mp4']) bench.put(key, Buffer.from('x'));
    expect(await keysUnder('l/')).toEqual(['l/2.mp4', 'l/10.mp4', 'l/sub/1.mp4']);
    expect(await keysUnder('')).toEqual(['1.mp4', 'l/2.mp4', 'l/10.mp4', 'l/sub/1.mp4', 'other/1.mp4']);
  });

  it('takes a prefix as the beginning of a key, not as a folder', async () => {
    for (const key of ['loops/rain.mp4', 'loops/sun.mp4', 'loop.mp4']) bench.put(key, Buffer.from('x'));
    expect(await keysUnder('loops/ra')).toEqual(['loops/rain.mp4']);
    expect(await keysUnder('loop')).toEqual(['loop.mp4', 'loops/rain.mp4', 'loops/sun.mp4']);
  });

  it('leaves out empty objects and dotfiles', async () => {
    bench.put('l/empty.mp4', Buffer.alloc(0));
    bench.put('l/.DS_Store', Buffer.from('x'));
    bench.put('l/.trash/a.mp4', Buffer.from('x'));
    bench.put('l/a.mp4', Buffer.from('x'));
    expect(await keysUnder('l/')).toEqual(['l/a.mp4']);
  });

  it('answers a prefix that nothing begins with by an empty list', async () => {
    expect(await keysUnder('nothing/here/')).toEqual([]);
  });

  it('pages through more than one page', async () => {
    for (let i = 0; i < 1203; i += 1) bench.put(`many/${i}.ts`, Buffer.from('x'));
    const keys = await keysUnder('many/');
    expect(keys.length).toBe(1203);
    expect(keys.slice(9, 12)).toEqual(['many/9.ts', 'many/10.ts', 'many/11.ts']);
  });

  it('cuts a listing at the bound', async () => {
    for (let i = 0; i < 30; i += 1) bench.put(`${i}.ts`, Buffer.from('x'));
    const bounded = openStore(bench.settings, null, 7);
    const result = await bounded.listMedia('');
    expect(result.kind === 'ok' && result.value.length).toBe(7);
  });

  it('describes one object as the listing does', async () => {
    bench.put('a/b.mp4', Buffer.from('12345'));
    const stat = await storage.statMedia('a/b.mp4');
    const list = await storage.listMedia('a/');
    expect(stat.kind === 'ok' && stat.value.sizeBytes).toBe(5);
    expect(list).toEqual({ kind: 'ok', value: [stat.kind === 'ok' ? stat.value : null] });
  });

  it('gives a replaced object another version', async () => {
    bench.put('a.mp4', Buffer.from('11111'));
    const before = await storage.statMedia('a.mp4');
    bench.put('a.mp4', Buffer.from('22222'));
    const after = await storage.statMedia('a.mp4');
    expect(before.kind === 'ok' && after.kind === 'ok' && before.value.version !== after.value.version).toBe(true);
  });

  it('says that an object is missing, by its key', async () => {
    const result = await storage.statMedia('no/such.mp4');
    expect(result.kind === 'failed' && result.failure.reason).toBe('MediaNotFound');
    expect(result.kind === 'failed' && result.failure.message).toContain('"no/such.mp4"');
  });

  it('finds nothing under an empty key, a key with NUL and one too long', async () => {
    for (const key of ['', 'a\0b', 'x'.repeat(1025)]) {
      expect((await storage.statMedia(key)).kind).toBe('failed');
      expect((await storage.getStreamUrl(key, 60)).kind).toBe('failed');
    }
  });

  const awkward = [
    "it's.mp4",
    '-i.mp4',
    'a b+c&d=e?f#g%20.mp4',
    'ünï/日本 😀.mp4',
    'new\nline.mp4',
    '"q" \\.mp4',
    'x%03d.mp4',
    'bell\u0007 \u001b[31m.mp4',
  ];
  it.each(awkward)('lists, describes and gives a readable address for %j', async (key) => {
    bench.put(key, Buffer.from(`bytes of ${key}`));
    expect(await keysUnder('')).toEqual([key]);
    const stat = await storage.statMedia(key);
    expect(stat.kind === 'ok' && stat.value.key).toBe(key);
    const url = await storage.getStreamUrl(key, 60);
    if (url.kind === 'failed') throw new Error(url.failure.message);
    expect((await bench.read(url.value)).toString()).toBe(`bytes of ${key}`);
  });
});

async function openLocal(): Promise<Bench> {
  const workspace = makeWorkspace();
  const directory = join(workspace.dir, 'media');
  mkdirSync(directory);
  return {
    settings: { kind: 'local', directory },
    put: (key, bytes) => {
      mkdirSync(dirname(join(directory, key)), { recursive: true });
      writeFileSync(join(directory, key), bytes);
    },
    read: async (url) => {
      const { readFile } = await import('node:fs/promises');
      return readFile(url.slice('file:'.length));
    },
    stop: () => workspace.cleanup(),
  };
}

async function openS3(): Promise<Bench> {
  const server = await startS3Server();
  const settings = s3Settings(server);
  return {
    settings,
    put: (key, bytes) => server.put('media', key, bytes),
    read: async (url) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return Buffer.from(await response.arrayBuffer());
    },
    stop: () => server.stop(),
  };
}

describe('local storage', () => {
  const workspace = makeWorkspace();
  const directory = join(workspace.dir, 'media');
  const settings: StorageSettings = { kind: 'local', directory };
  const storage = openStore(settings, null);
  mkdirSync(join(directory, 'sub'), { recursive: true });
  mkdirSync(join(workspace.dir, 'media-secret'));
  writeFileSync(join(directory, 'ok.mp4'), 'ok');
  writeFileSync(join(workspace.dir, 'outside.mp4'), 'outside');
  writeFileSync(join(workspace.dir, 'media-secret', 'x.mp4'), 'outside');
  symlinkSync('../outside.mp4', join(directory, 'link.mp4'));
  symlinkSync('../media-secret/x.mp4', join(directory, 'sibling.mp4'));
  symlinkSync('..', join(directory, 'up'));
  symlinkSync('.', join(directory, 'loop'));
  symlinkSync('self.mp4', join(directory, 'self.mp4'));
  symlinkSync('ok.mp4', join(directory, 'inner.mp4'));
  afterAll(() => workspace.cleanup());

  const escapes = [
    '../outside.mp4',
    'sub/../../outside.mp4',
    join(workspace.dir, 'outside.mp4'),
    '/etc/passwd',
    'link.mp4',
  ];
  it.each([...escapes, 'sibling.mp4', 'up/outside.mp4', 'self.mp4', './ok.mp4', 'sub//x'])(
    'cannot be left by the key %s',
    async (key) => {
      const stat = await storage.statMedia(key);
      const url = await storage.getStreamUrl(key, 60);
      expect(stat.kind === 'failed' && stat.failure.reason).toBe('MediaForbidden');
      expect(url).toEqual(stat);
      expect(JSON.stringify(stat)).not.toContain(directory);
    },
  );

  it.each(['../', '/etc/', 'sub/../../', 'up/'])('cannot be left by the prefix %s', async (prefix) => {
    const result = await storage.listMedia(prefix);
    expect(result.kind === 'ok' ? result.value : result.failure.reason).toEqual(
      prefix === 'up/' ? [] : 'MediaForbidden',
    );
  });

  it('lists links to files within and walks no link to a folder', async () => {
    const result = await storage.listMedia('');
    expect(result.kind === 'ok' && result.value.map((object) => object.key)).toEqual(['inner.mp4', 'ok.mp4']);
  });

  it('says that the directory is missing, without its path', async () => {
    const lost: StorageSettings = { kind: 'local', directory: join(workspace.dir, 'nowhere') };
    const storageOfNothing = openStore(lost, null);
    const result = await storageOfNothing.listMedia('');
    expect(result.kind === 'failed' && result.failure.reason).toBe('StorageBucketMissing');
    expect(await storageOfNothing.statMedia('a.mp4')).toEqual(result);
    expect(JSON.stringify(result)).not.toContain('nowhere');
  });
});

describe('storage without a usable configuration', () => {
  it('answers every request with the reason', async () => {
    const failure = { reason: 'StorageNotConfigured', message: 'set STORAGE_BUCKET' } as const;
    const settings: StorageSettings = { kind: 'unconfigured', failure };
    const storage = openStore(settings, null);
    expect(await storage.listMedia('')).toEqual({ kind: 'failed', failure });
    expect(await storage.statMedia('a')).toEqual({ kind: 'failed', failure });
    expect(await storage.getStreamUrl('a', 1)).toEqual({ kind: 'failed', failure });
  });
});
