import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, type ClientChoices, clientOf, destroyClients, presign, rawGet } from './s3-clients.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const Bucket = 'media';
let workspace: Workspace;
let server: S3Server;
let client: S3Client;

beforeEach(async () => {
  workspace = makeWorkspace();
  server = await startS3Server({ buckets: { media: {}, disk: { dir: join(workspace.dir, 'disk') } } });
  client = clientOf(server);
});

afterEach(async () => {
  destroyClients();
  await server.stop();
  await workspace.cleanup();
});

const clientWith = (choices: ClientChoices): S3Client => clientOf(server, choices);

const bytes = (key: string, bucket = Bucket, range?: string) => bytesOf(client, bucket, key, range);
const presigned = (key: string, expiresIn?: number) => presign(client, Bucket, key, expiresIn);

describe('objects', () => {
  test('what the SDK puts, it gets, heads, lists and deletes', async () => {
    const Body = randomBytes(200_000);
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'a/b.mp4', Body, ContentType: 'video/mp4' }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/b.mp4' }));
    expect(head).toMatchObject({ ContentLength: 200_000, ContentType: 'video/mp4', ETag: put.ETag });
    expect(Math.abs(Date.now() - (head.LastModified?.getTime() ?? 0))).toBeLessThan(30_000);
    expect(Body.equals(await bytes('a/b.mp4'))).toBe(true);
    const list = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
    expect(list.Contents).toMatchObject([{ Key: 'a/b.mp4', Size: 200_000, ETag: put.ETag }]);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/b.mp4' }));
    await expect(bytes('a/b.mp4')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'a/b.mp4' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  test('a missing bucket is told apart from a missing key', async () => {
    await expect(client.send(new ListObjectsV2Command({ Bucket: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
  });

  test('aws-chunked uploads arrive without their framing, with checksums by default settings of the SDK', async () => {
    const Body = randomBytes(150_000);
    const source = join(workspace.dir, 'source');
    writeFileSync(source, Body);
    const chunked = clientWith({ checksums: 'WHEN_SUPPORTED' });
    await chunked.send(
      new PutObjectCommand({ Bucket, Key: 'x', Body: createReadStream(source), ContentLength: Body.length }),
    );
    expect(Body.equals(await bytes('x'))).toBe(true);
  });

  test('ranges are exact, open, suffixed, clamped and refused beyond the end', async () => {
    const Body = randomBytes(1000);
    server.put(Bucket, 'r', Body);
    expect(await bytes('r', Bucket, 'bytes=10-19')).toEqual(Body.subarray(10, 20));
    expect(await bytes('r', Bucket, 'bytes=990-')).toEqual(Body.subarray(990));
    expect(await bytes('r', Bucket, 'bytes=-5')).toEqual(Body.subarray(995));
    expect(await bytes('r', Bucket, 'bytes=900-5000')).toEqual(Body.subarray(900));
    await expect(bytes('r', Bucket, 'bytes=1000-')).rejects.toMatchObject({ name: 'InvalidRange' });
    const answer = await rawGet(await presigned('r'), { headers: { range: 'bytes=0-0' } });
    expect(answer).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 0-0/1000' } });
  });

  test('files on disk are served as objects and never held in memory', async () => {
    const path = join(workspace.dir, 'big');
    writeFileSync(path, '');
    truncateSync(path, 128 << 20);
    server.putFile(Bucket, 'big', path);
    const before = process.memoryUsage().arrayBuffers;
    const url = await presigned('big');
    const response = await fetch(url);
    let size = 0;
    let peak = 0;
    for await (const chunk of response.body ?? []) {
      size += (chunk as Uint8Array).length;
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }
    expect(size).toBe(128 << 20);
    expect(peak).toBeLessThan(96 << 20);
  });

  test('a directory is a bucket, both ways', async () => {
    const dir = join(workspace.dir, 'disk');
    mkdirSync(join(dir, 'loops'), { recursive: true });
    writeFileSync(join(dir, 'loops', 'rain.mp4'), 'rain');
    expect(server.keys('disk')).toEqual(['loops/rain.mp4']);
    expect((await bytes('loops/rain.mp4', 'disk')).toString()).toBe('rain');
    await client.send(new PutObjectCommand({ Bucket: 'disk', Key: 'new/clip', Body: 'bytes' }));
    expect(readFileSync(join(dir, 'new', 'clip'), 'utf8')).toBe('bytes');
    await client.send(new PutObjectCommand({ Bucket: 'disk', Key: 'x/../../../escape', Body: 'inside' }));
    server.put('disk', '../escape', Buffer.from('inside'));
    expect(readFileSync.bind(undefined, join(workspace.dir, 'escape'))).toThrow('ENOENT');
    expect(server.keys('disk')).toEqual(['../escape', 'loops/rain.mp4', 'new/clip', 'x/../../../escape']);
  });

  test('multipart uploads are joined in order, and abandoned ones leave nothing', async () => {
    const parts = [randomBytes(3000), randomBytes(2000)];
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }));
    const sent = await Promise.all(
      parts.map(async (Body, i) => {
        const answer = await client.send(
          new UploadPartCommand({ Bucket, Key: 'm', UploadId, PartNumber: i + 1, Body }),
        );
        return { PartNumber: i + 1, ETag: answer.ETag };
      }),
    );
    const wrong = { Parts: [{ PartNumber: 1, ETag: '"0"' }] };
    await expect(
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'm', UploadId, MultipartUpload: wrong })),
    ).rejects.toMatchObject({ name: 'InvalidPart' });
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key: 'm', UploadId, MultipartUpload: { Parts: sent } }),
    );
    expect(await bytes('m')).toEqual(Buffer.concat(parts));
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'm' }))).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const second = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'n' }));
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'n', UploadId: second.UploadId }));
    await expect(
      client.send(new UploadPartCommand({ Bucket, Key: 'n', UploadId: second.UploadId, PartNumber: 1, Body: 'x' })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' });
    expect(server.keys(Bucket)).toEqual(['m']);
  });
});

describe('keys', () => {
  const hostile = [
    'a b',
    `it's "quoted"`,
    'line\nbreak',
    'a+b%20c',
    'x/../y',
    '..',
    '/lead',
    '-rf',
    'ü/日本/🎥',
    'a\tb',
    '&<>',
    "!*'()",
    'x'.repeat(1024),
  ];

  test.for(hostile)('%j survives put, list, get, presigned get and delete', async (Key) => {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    const list = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(list.Contents?.map((entry) => entry.Key)).toEqual([Key]);
    const encoded = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
    expect(encoded.Contents?.map((entry) => decodeURIComponent(entry.Key?.replaceAll('+', ' ') ?? ''))).toEqual([Key]);
    expect((await bytes(Key)).toString()).toBe(Key);
    expect((await rawGet(await presigned(Key))).body.toString()).toBe(Key);
    await client.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(server.keys(Bucket)).toEqual([]);
  });

  test('any UTF-8 key up to 1024 bytes can be put and fetched by a signed URL', async () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => Buffer.byteLength(text) <= 1024);
    await fc.assert(
      fc.asyncProperty(key, async (text) => {
        await client.send(new PutObjectCommand({ Bucket, Key: text, Body: 'z' }));
        expect((await rawGet(await presigned(text))).status).toBe(200);
        server.remove(Bucket, text);
      }),
      { numRuns: 60 },
    );
  });

  test('a key of 1025 bytes is refused', async () => {
    await expect(client.send(new PutObjectCommand({ Bucket, Key: 'x'.repeat(1025), Body: '' }))).rejects.toMatchObject({
      name: 'KeyTooLongError',
    });
  });
});

describe('listing', () => {
  test('pages through all keys in byte order, once each', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `p/${i}`);
    for (const name of [...names, 'q/1', 'ö', 'Z']) server.put(Bucket, name, Buffer.from('1'));
    const seen: (string | undefined)[] = [];
    let pages = 0;
    for await (const page of paginateListObjectsV2({ client, pageSize: 7 }, { Bucket, Prefix: 'p/' })) {
      pages += 1;
      seen.push(...(page.Contents ?? []).map((entry) => entry.Key));
    }
    expect(pages).toBe(4);
    expect(seen).toEqual(names.toSorted());
    const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'p/9' }));
    expect(after.Contents?.map((entry) => entry.Key)).toEqual(['q/1', 'ö']);
  });

  test('a full last page is not followed by an empty one', async () => {
    for (let i = 0; i < 4; i += 1) server.put(Bucket, `k${i}`, Buffer.from('1'));
    const page = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 4 }));
    expect(page).toMatchObject({ IsTruncated: false, KeyCount: 4 });
  });

  test('a delimiter folds keys into common prefixes, across pages', async () => {
    for (const key of ['a/1', 'a/2', 'b', 'c/1']) server.put(Bucket, key, Buffer.from('1'));
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket, Delimiter: '/' })) {
      seen.push(
        ...(page.CommonPrefixes ?? []).map((entry) => entry.Prefix),
        ...(page.Contents ?? []).map((entry) => entry.Key),
      );
    }
    expect(seen).toEqual(['a/', 'b', 'c/']);
  });
});
