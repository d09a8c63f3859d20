import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUploader } from '../../src/store/drivers.ts';
import type { Upload, UploadEnd, Uploader } from '../../src/store/port.ts';
import type { S3Settings } from '../../src/store/settings.ts';
import type { Fault } from '../fixtures/s3-faults.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { s3Settings } from '../fixtures/s3-settings.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const BYTES = randomBytes(1_000_000);
const PART_BYTES = 300_000;

let workspace: Workspace;
let path: string;

beforeEach(() => {
  workspace = makeWorkspace();
  path = join(workspace.dir, 'finished.mp4');
  writeFileSync(path, BYTES, { mode: 0o600 });
});
afterEach(() => workspace.cleanup());

interface Told {
  readonly end: UploadEnd;
  readonly progress: readonly number[];
  readonly retries: readonly string[];
}

async function send(uploader: Uploader, edit: Partial<Upload> = {}): Promise<Told> {
  const progress: number[] = [];
  const retries: string[] = [];
  const end = await uploader({
    path,
    key: 'house/rain.mp4',
    overwrite: false,
    onProgress: (sentBytes) => progress.push(sentBytes),
    onRetry: (why) => retries.push(why),
    signal: new AbortController().signal,
    ...edit,
  });
  return { end, progress, retries };
}

describe('an upload to a bucket', () => {
  let s3: S3Server;
  let settings: S3Settings;

  beforeEach(async () => {
    s3 = await startS3Server();
    settings = s3Settings(s3);
  });
  afterEach(() => s3.stop());

  const uploader = (partBytes = PART_BYTES, waitsMs: readonly number[] = [1, 1, 1]): Uploader =>
    createUploader(settings, { caFile: null, waitsMs, partBytes });
  const calls = (): string[] =>
    s3.requests.map(({ method, query }) => {
      const part = /partNumber=(\d+)/.exec(query)?.[1];
      return `${method} ${part === undefined ? (/^\w+/.exec(query)?.[0] ?? '') : `part ${part}`}`;
    });
  /** Fails these requests so often. */
  const failing = (fault: Fault, which: (query: string, method: string) => boolean, times: number): void => {
    let left = times;
    s3.fault = ({ query, method }) => {
      if (!which(query, method) || left === 0) return undefined;
      left -= 1;
      return fault;
    };
  };
  const stored = (): Promise<Buffer | null> => s3.read('media', 'house/rain.mp4');

  it('sends what is small in one request', async () => {
    const { end, progress } = await send(uploader(2_000_000));
    expect({ end, progress }).toEqual({ end: { kind: 'done' }, progress: [0, BYTES.length] });
    expect(s3.requests.map(({ method }) => method)).toEqual(['PUT']);
    expect(await stored()).toEqual(BYTES);
  });

  it('sends what is large in parts of one size, one after another, and shows it when it is whole', async () => {
    const { end, progress } = await send(uploader());
    expect(end).toEqual({ kind: 'done' });
    expect(progress).toEqual([0, 300_000, 600_000, 900_000, 1_000_000]);
    expect(calls()).toEqual(['POST uploads', 'PUT part 1', 'PUT part 2', 'PUT part 3', 'PUT part 4', 'POST uploadId']);
    expect(await stored()).toEqual(BYTES);
    expect(s3.unfinishedUploads()).toBe(0);
  });

  it('sends a part again that failed, and tells of it', async () => {
    failing({ kind: 'status', status: 503, code: 'SlowDown' }, (query) => query.includes('partNumber=3'), 2);
    const { end, retries } = await send(uploader());
    expect({ end, retries: retries.length }).toEqual({ end: { kind: 'done' }, retries: 2 });
    expect(retries[0]).toContain('unavailable');
    expect(await stored()).toEqual(BYTES);
  });

  it('takes everything back when a part cannot be sent at all', async () => {
    failing({ kind: 'status', status: 503, code: 'SlowDown' }, (query) => query.includes('partNumber=3'), 100);
    const { end } = await send(uploader());
    expect(end).toMatchObject({ kind: 'failed', failure: { reason: 'StorageUnreachable' } });
    expect({ keys: s3.keys('media'), unfinished: s3.unfinishedUploads() }).toEqual({ keys: [], unfinished: 0 });
  });

  it('takes everything back when it is no longer wanted', async () => {
    const controller = new AbortController();
    const onProgress = (sentBytes: number): void => {
      if (sentBytes > 500_000) controller.abort();
    };
    const { end } = await send(uploader(), { signal: controller.signal, onProgress });
    expect(end).toEqual({ kind: 'aborted' });
    expect({ keys: s3.keys('media'), unfinished: s3.unfinishedUploads() }).toEqual({ keys: [], unfinished: 0 });
  });

  it('does not wait for a retry that is no longer wanted', async () => {
    const controller = new AbortController();
    failing({ kind: 'status', status: 503, code: 'SlowDown' }, () => true, 100);
    const begunMs = performance.now();
    const { end } = await send(uploader(PART_BYTES, [60_000]), {
      signal: controller.signal,
      onRetry: () => controller.abort(),
    });
    expect(end).toEqual({ kind: 'aborted' });
    expect(performance.now() - begunMs).toBeLessThan(10_000);
  });

  it.each([
    ['one request', 2_000_000],
    ['parts', PART_BYTES],
  ])('overwrites only when told, in %s', async (_, partBytes) => {
    s3.put('media', 'house/rain.mp4', Buffer.from('precious'));
    expect((await send(uploader(partBytes))).end).toEqual({ kind: 'exists' });
    expect(await stored()).toEqual(Buffer.from('precious'));
    expect(s3.unfinishedUploads()).toBe(0);
    expect((await send(uploader(partBytes), { overwrite: true })).end).toEqual({ kind: 'done' });
    expect(await stored()).toEqual(BYTES);
  });

  it.each([
    ['one request', 2_000_000],
    ['parts', PART_BYTES],
  ])('is as careful with a store that knows no conditions, in %s', async (_, partBytes) => {
    const asked: string[] = [];
    s3.fault = ({ method, query }) => {
      asked.push(method);
      const publishes = method === 'POST' ? query.includes('uploadId') : partBytes > PART_BYTES && method === 'PUT';
      // The first is the conditional one.
      if (!publishes || asked.includes('refused')) return undefined;
      asked.push('refused');
      return { kind: 'status', status: 501, code: 'NotImplemented' };
    };
    s3.put('media', 'house/rain.mp4', Buffer.from('precious'));
    expect((await send(uploader(partBytes))).end).toEqual({ kind: 'exists' });
    expect(await stored()).toEqual(Buffer.from('precious'));
    s3.remove('media', 'house/rain.mp4');
    asked.length = 0;
    expect((await send(uploader(partBytes))).end).toEqual({ kind: 'done' });
    expect(asked).toContain('HEAD');
  });

  it.each([
    ['one request', 2_000_000],
    ['parts', PART_BYTES],
  ])('knows its own object when the answer to the last request is lost, in %s', async (_, partBytes) => {
    const last = (query: string, method: string): boolean =>
      partBytes > PART_BYTES ? method === 'PUT' : method === 'POST' && query.includes('uploadId');
    for (const overwrite of [false, true]) {
      failing({ kind: 'lost-answer' }, last, 1);
      expect((await send(uploader(partBytes), { overwrite })).end).toEqual({ kind: 'done' });
      expect(await stored()).toEqual(BYTES);
      if (!overwrite) s3.remove('media', 'house/rain.mp4');
    }
  });

  it('names a token that may not write', async () => {
    failing({ kind: 'status', status: 403, code: 'AccessDenied' }, (_, method) => method === 'PUT', 1);
    const { end } = await send(uploader(2_000_000));
    expect(end).toMatchObject({ kind: 'failed', failure: { reason: 'MediaForbidden' } });
    expect(JSON.stringify(end)).toContain('write permission');
  });
});

describe('an upload to a directory', () => {
  let media: string;
  const uploader = (): Uploader => createUploader({ kind: 'local', directory: media }, { caFile: null });

  beforeEach(() => {
    media = join(workspace.dir, 'media');
    mkdirSync(media);
  });

  it('makes the folders of the key, and a file that others may read', async () => {
    const { end, progress } = await send(uploader());
    expect(end).toEqual({ kind: 'done' });
    expect(progress.at(-1)).toBe(BYTES.length);
    const target = join(media, 'house/rain.mp4');
    expect(readFileSync(target)).toEqual(BYTES);
    expect(statSync(target).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(media, 'house'))).toEqual(['rain.mp4']);
  });

  it('overwrites only when told, and whoever reads the old file goes on reading it', async () => {
    mkdirSync(join(media, 'house'));
    const target = join(media, 'house/rain.mp4');
    writeFileSync(target, 'precious');
    const before = statSync(target).ino;
    expect((await send(uploader())).end).toEqual({ kind: 'exists' });
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect((await send(uploader(), { overwrite: true })).end).toEqual({ kind: 'done' });
    expect(readFileSync(target)).toEqual(BYTES);
    expect(statSync(target).ino).not.toBe(before);
    expect(readdirSync(join(media, 'house'))).toEqual(['rain.mp4']);
  });

  it.each([['../rain.mp4'], ['/etc/rain.mp4'], ['a/../../rain.mp4'], ['out/rain.mp4'], ['out/deep/rain.mp4']])(
    'cannot leave the directory by %s',
    async (key) => {
      const outside = join(workspace.dir, 'outside');
      mkdirSync(outside);
      symlinkSync(outside, join(media, 'out'));
      const { end } = await send(uploader(), { key, overwrite: true });
      expect(end).toMatchObject({ kind: 'failed', failure: { reason: 'MediaForbidden' } });
      expect(readdirSync(outside)).toEqual([]);
      expect(existsSync(join(workspace.dir, 'rain.mp4'))).toBe(false);
    },
  );

  it('replaces a link by the file, and leaves alone what it led to', async () => {
    mkdirSync(join(media, 'house'));
    writeFileSync(join(workspace.dir, 'elsewhere'), 'precious');
    symlinkSync(join(workspace.dir, 'elsewhere'), join(media, 'house/rain.mp4'));
    expect((await send(uploader())).end).toEqual({ kind: 'exists' });
    expect((await send(uploader(), { overwrite: true })).end).toEqual({ kind: 'done' });
    expect(readFileSync(join(workspace.dir, 'elsewhere'), 'utf8')).toBe('precious');
    expect(readFileSync(join(media, 'house/rain.mp4'))).toEqual(BYTES);
  });

  it('says what is wrong with a key below a file, and with a missing directory', async () => {
    writeFileSync(join(media, 'house'), 'a file');
    expect((await send(uploader())).end).toMatchObject({
      failure: { message: expect.stringContaining('below a file') },
    });
    media = join(workspace.dir, 'none');
    expect((await send(uploader())).end).toMatchObject({ failure: { reason: 'StorageBucketMissing' } });
  });
});
