import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FORMAT, openProbeCache } from '../../../src/observe/probe/cache.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { writeFileAtomically } from '../../../src/system/atomic-file.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const facts = (key: string, version = 'v1'): ItemFacts => ({
  ...{ key, version, sizeBytes: 1, durationS: null, formatName: 'mp3', video: null },
  audio: { codec: 'mp3', profile: '', sampleRateHz: 44_100, channels: 2 },
});

describe('the probe cache', () => {
  let workspace: Workspace;
  let path: string;
  beforeEach(() => {
    workspace = makeWorkspace();
    path = join(workspace.dir, 'probes.json');
    vi.useFakeTimers({ toFake: ['setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    return workspace.cleanup();
  });

  it('remembers facts over a restart, by key and version, for nobody else to read', async () => {
    const cache = await openProbeCache(path, writeFileAtomically);
    cache.put(facts('a.mp3'));
    const next = await openProbeCache(path, writeFileAtomically);
    expect(next.get('a.mp3', 'v1')).toEqual(facts('a.mp3'));
    expect(next.get('a.mp3', 'v2')).toBeNull();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps the newest when it is full, one per key', async () => {
    const cache = await openProbeCache(path, writeFileAtomically, 2);
    for (const one of [facts('a'), facts('b'), facts('a', 'v2'), facts('c')]) cache.put(one);
    expect([cache.get('a', 'v2')?.key, cache.get('b', 'v1'), cache.get('c', 'v1')?.key]).toEqual(['a', null, 'c']);
    vi.advanceTimersByTime(2_000);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ items: [{ key: 'a' }, { key: 'c' }] });
  });

  it('is written at once, and then not for every single object of many', async () => {
    let writes = 0;
    const cache = await openProbeCache(path, (file, text) => {
      writes += 1;
      writeFileAtomically(file, text);
    });
    for (let nth = 0; nth < 500; nth++) cache.put(facts(`${nth}.mp3`));
    expect(writes).toBe(1);
    vi.advanceTimersByTime(20_000);
    expect(writes).toBe(2);
    expect((await openProbeCache(path, writeFileAtomically)).get('499.mp3', 'v1')).not.toBeNull();
    cache.put(facts('500.mp3'));
    expect(writes).toBe(3);
  });

  it.each(['', '{', 'null', '{"format":99,"items":[]}', '\0\0\0'])('takes %j for empty', async (content) => {
    writeFileSync(path, content);
    const cache = await openProbeCache(path, writeFileAtomically);
    expect(cache.get('a', 'v1')).toBeNull();
    cache.put(facts('a'));
    expect((await openProbeCache(path, writeFileAtomically)).get('a', 'v1')).not.toBeNull();
  });

  it('leaves out entries of another shape', async () => {
    writeFileSync(path, JSON.stringify({ format: FORMAT, items: [{ key: 'bad' }, facts('good'), 7] }));
    const cache = await openProbeCache(path, writeFileAtomically);
    expect([cache.get('bad', 'v1'), cache.get('good', 'v1')?.key]).toEqual([null, 'good']);
  });

  it('goes on in memory when the file cannot be written', async () => {
    mkdirSync(path);
    const cache = await openProbeCache(path, writeFileAtomically);
    cache.put(facts('a'));
    expect(cache.get('a', 'v1')).not.toBeNull();
  });
});
