import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { runTool } from '../fixtures/run-tool.ts';
import type { S3Server } from '../fixtures/s3-server.ts';
import { startS3Server } from '../fixtures/s3-server.ts';
import type { Workspace } from '../fixtures/workspace.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

const Bucket = 'media';
let workspace: Workspace;
let server: S3Server;
let client: S3Client;
const clients: S3Client[] = [];

beforeEach(async () => {
  workspace = makeWorkspace();
  server = await startS3Server({ buckets: { media: {}, disk: { dir: join(workspace.dir, 'disk') } } });
  client = clientWith({});
});

afterEach(async () => {
  for (const each of clients.splice(0)) each.destroy();
  await server.stop();
  await workspace.cleanup();
});

interface ClientChoices {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
  readonly checksums?: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED';
}

function clientWith(choices: ClientChoices): S3Client {
  const { accessKeyId = server.accessKeyId, secretAccessKey = server.secretAccessKey, region = 'auto' } = choices;
  const checksums = choices.checksums ?? 'WHEN_REQUIRED';
  const made = new S3Client({
    endpoint: server.url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    maxAttempts: 1,
  });
  clients.push(made);
  return made;
}

async function bytesOf(key: string, bucket = Bucket, Range?: string): Promise<Buffer> {
  const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...(Range ? { Range } : {}) }));
  return Buffer.from(await (found.Body?.transformToByteArray() ?? new Uint8Array()));
}

interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The connection broke before the announced length had come. */
  readonly broken: boolean;
}

/** A plain GET that neither normalises the path nor hides a broken answer. */
function rawGet(
  url: string,
  options: { method?: string; headers?: Record<string, string>; limitMs?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const at = url.indexOf('/', 'http://'.length);
    const { method = 'GET', headers = {}, limitMs = 5000 } = options;
    const sent = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      path: url.slice(at),
      method,
      headers,
      agent: false,
    });
    const timer = setTimeout(() => sent.destroy(new Error('no whole answer in time')), limitMs);
    sent.on('error', (error) => (clearTimeout(timer), reject(error)));
    sent.on('response', (response) => {
      sent.removeAllListeners('error').on('error', () => undefined); // from here on the response tells
      const chunks: Buffer[] = [];
      const done = (broken: boolean) => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), headers: response.headers, broken });
      };
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(false));
      response.on('error', () => done(true));
    });
    sent.end();
  });
}

const presigned = (key: string, expiresIn = 60, by = client): Promise<string> =>
  getSignedUrl(by, new GetObjectCommand({ Bucket, Key: key }), { expiresIn });

describe('objects', () => {
  test('what the SDK puts, it gets, heads, lists and deletes', async () => {
    const Body = randomBytes(200_000);
    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'a/b.mp4', Body, ContentType: 'video/mp4' }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/b.mp4' }));
    expect(head).toMatchObject({ ContentLength: 200_000, ContentType: 'video/mp4', ETag: put.ETag });
    expect(Math.abs(Date.now() - (head.LastModified?.getTime() ?? 0))).toBeLessThan(5000);
    expect(Body.equals(await bytesOf('a/b.mp4'))).toBe(true);
    const list = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
    expect(list.Contents).toMatchObject([{ Key: 'a/b.mp4', Size: 200_000, ETag: put.ETag }]);
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/b.mp4' }));
    await expect(bytesOf('a/b.mp4')).rejects.toMatchObject({ name: 'NoSuchKey' });
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
    expect(Body.equals(await bytesOf('x'))).toBe(true);
  });

  test('ranges are exact, open, suffixed, clamped and refused beyond the end', async () => {
    const Body = randomBytes(1000);
    server.put(Bucket, 'r', Body);
    expect(await bytesOf('r', Bucket, 'bytes=10-19')).toEqual(Body.subarray(10, 20));
    expect(await bytesOf('r', Bucket, 'bytes=990-')).toEqual(Body.subarray(990));
    expect(await bytesOf('r', Bucket, 'bytes=-5')).toEqual(Body.subarray(995));
    expect(await bytesOf('r', Bucket, 'bytes=900-5000')).toEqual(Body.subarray(900));
    await expect(bytesOf('r', Bucket, 'bytes=1000-')).rejects.toMatchObject({ name: 'InvalidRange' });
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
    expect((await bytesOf('loops/rain.mp4', 'disk')).toString()).toBe('rain');
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
    expect(await bytesOf('m')).toEqual(Buffer.concat(parts));
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
    expect(encoded.Contents?.map((entry) => decodeURIComponent(entry.Key ?? ''))).toEqual([Key]);
    expect((await bytesOf(Key)).toString()).toBe(Key);
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

describe('signatures', () => {
  beforeEach(() => server.put(Bucket, 'k', Buffer.from('value')));

  test('a wrong key id, secret and region are told apart', async () => {
    const get = new GetObjectCommand({ Bucket, Key: 'k' });
    await expect(clientWith({ accessKeyId: 'other' }).send(get)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
    await expect(clientWith({ secretAccessKey: 'other' }).send(get)).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    await expect(clientWith({ region: 'eu-west-1' }).send(get)).rejects.toMatchObject({
      name: 'AuthorizationHeaderMalformed',
    });
    await expect(clientWith({ region: 'us-east-1' }).send(get)).resolves.toBeDefined();
  });

  test('a presigned URL is for its method, its key and its query only', async () => {
    const url = await presigned('k');
    expect(await rawGet(url)).toMatchObject({ status: 200, body: Buffer.from('value') });
    expect((await rawGet(url, { method: 'HEAD' })).status).toBe(403);
    expect((await rawGet(url.replace('/k?', '/l?'))).body.toString()).toContain('SignatureDoesNotMatch');
    expect((await rawGet(`${url}&versionId=1`)).body.toString()).toContain('SignatureDoesNotMatch');
    expect((await rawGet(`${server.url}/media/k`)).body.toString()).toContain('AccessDenied');
  });

  test('a presigned URL expires by the movable clock, and the Date header tells that clock', async () => {
    const url = await presigned('k', 3600);
    server.clockOffsetMs = 3_590_000;
    const fresh = await rawGet(url);
    expect(fresh.status).toBe(200);
    expect(Math.abs(Date.parse(String(fresh.headers['date'])) - Date.now() - 3_590_000)).toBeLessThan(3000);
    server.clockOffsetMs = 3_601_000;
    const late = await rawGet(url);
    expect(late.status).toBe(403);
    expect(late.body.toString()).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
  });

  test('more than 15 minutes of skew is refused, for signed headers and for URLs from the future', async () => {
    server.clockOffsetMs = 16 * 60_000;
    await expect(bytesOf('k')).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    server.clockOffsetMs = -16 * 60_000;
    expect((await rawGet(await presigned('k'))).body.toString()).toContain('RequestTimeTooSkewed');
    server.clockOffsetMs = 14 * 60_000;
    await clientWith({}).send(new GetObjectCommand({ Bucket, Key: 'k' }));
  });

  test('more than seven days of life is refused', async () => {
    const url = (await presigned('k', 604_800)).replace('X-Amz-Expires=604800', 'X-Amz-Expires=604801');
    expect((await rawGet(url)).body.toString()).toContain('AuthorizationQueryParametersError');
  });

  test('curl with its own SigV4 puts, gets and is refused with a wrong secret', async () => {
    const file = join(workspace.dir, 'up');
    writeFileSync(file, 'from curl');
    const curl = (secret: string, ...args: string[]) =>
      runTool('curl', [
        '-sS',
        '--max-time',
        '10',
        '--aws-sigv4',
        'aws:amz:auto:s3',
        '-u',
        `${server.accessKeyId}:${secret}`,
        '-w',
        '\n%{http_code}',
        ...args,
      ]);
    const put = await curl(
      server.secretAccessKey,
      '-H',
      'x-amz-content-sha256: UNSIGNED-PAYLOAD',
      '-T',
      file,
      `${server.url}/media/up`,
    );
    expect(put.stdout.toString()).toBe('\n200');
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const header = ['-H', `x-amz-content-sha256: ${empty}`];
    expect((await curl(server.secretAccessKey, ...header, `${server.url}/media/up`)).stdout.toString()).toBe(
      'from curl\n200',
    );
    const list = await curl(server.secretAccessKey, ...header, `${server.url}/media?list-type=2&prefix=up`);
    expect(list.stdout.toString()).toContain('<Key>up</Key>');
    expect((await curl('wrong', ...header, `${server.url}/media/up`)).stdout.toString()).toMatch(
      /SignatureDoesNotMatch[\s\S]*403$/,
    );
  });
});

describe('ffmpeg as the client', () => {
  const play = async (url: string, ...input: string[]) => {
    const { code, stderr } = await runTool('ffmpeg', [
      '-nostdin',
      '-v',
      'error',
      ...input,
      '-i',
      url,
      '-c',
      'copy',
      '-f',
      'null',
      '-',
    ]);
    return { code, stderr };
  };

  test('reads a signed URL, seeking to an index at the end', async () => {
    server.putFile(
      Bucket,
      'late.mp4',
      await makeMedia({ name: 'late', seconds: 4, faststart: false, bitrateKbps: 6000, cbr: true }),
    );
    expect(await play(await presigned('late.mp4'))).toEqual({ code: 0, stderr: '' });
    expect(server.requests.filter((request) => request.range !== undefined).length).toBeGreaterThan(1);
  });

  test('is told that a URL has expired', async () => {
    server.putFile(
      Bucket,
      'k',
      await makeMedia({ name: 'late', seconds: 4, faststart: false, bitrateKbps: 6000, cbr: true }),
    );
    const url = await presigned('k', 60);
    server.clockOffsetMs = 61_000;
    expect(await play(url)).toMatchObject({ stderr: expect.stringContaining('403') });
  });

  test('reconnects after a reset and gets the whole', async () => {
    server.putFile(Bucket, 'k', await makeMedia({ name: 'front', seconds: 4, bitrateKbps: 6000, cbr: true }));
    let cuts = 0;
    server.fault = () => {
      cuts += 1;
      return cuts === 1 ? { kind: 'reset', afterBytes: 500_000 } : undefined;
    };
    expect((await play(await presigned('k'), '-reconnect', '1')).code).toBe(0);
    expect(server.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d+-$/);
  });
});

describe('faults', () => {
  const body = randomBytes(500_000);
  beforeEach(() => server.put(Bucket, 'k', body));

  test('a status is answered with its code, for the requests chosen only', async () => {
    server.fault = ({ key }) => (key === 'k' ? { kind: 'status', status: 503, code: 'SlowDown' } : undefined);
    await expect(bytesOf('k')).rejects.toMatchObject({ name: 'SlowDown' });
    await expect(client.send(new ListObjectsV2Command({ Bucket }))).resolves.toBeDefined();
  });

  test.for(['truncate', 'reset'] as const)('%s cuts the body after the bytes asked for', async (kind) => {
    server.fault = () => ({ kind, afterBytes: 100_000 });
    const answer = await rawGet(await presigned('k'));
    expect(answer).toMatchObject({ status: 200, broken: true, headers: { 'content-length': '500000' } });
    expect(answer.body.equals(body.subarray(0, 100_000))).toBe(true);
  });

  test('a cut beyond the end leaves the answer whole', async () => {
    server.fault = () => ({ kind: 'truncate', afterBytes: 1e9 });
    expect((await rawGet(await presigned('k'))).body.equals(body)).toBe(true);
  });

  test('a throttled body comes at the rate asked for', async () => {
    server.fault = () => ({ kind: 'throttle', bytesPerS: 1_000_000 });
    const begin = performance.now();
    expect((await rawGet(await presigned('k'))).body.equals(body)).toBe(true);
    const tookMs = performance.now() - begin;
    expect(tookMs).toBeGreaterThan(450);
    expect(tookMs).toBeLessThan(1500);
  });

  test('a delay holds back the answer', async () => {
    server.fault = () => ({ kind: 'delay', ms: 300 });
    const begin = performance.now();
    expect((await rawGet(await presigned('k'))).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThan(295);
  });

  test('a hung or stalled request is never finished, and is cut when the server goes down', async () => {
    const url = await presigned('k');
    for (const fault of [{ kind: 'hang' }, { kind: 'stall', afterBytes: 1000 }] as const) {
      server.fault = () => fault;
      server.clearRequests();
      const pending = rawGet(url).then(
        (answer) => answer.broken,
        () => true,
      );
      await eventually(() => expect(server.requests[0]?.bytesSent).toBe(fault.kind === 'hang' ? 0 : 1000));
      await expect(
        Promise.race([pending, new Promise((resolve) => setTimeout(resolve, 200, 'pending'))]),
      ).resolves.toBe('pending');
      await server.down();
      expect(await pending).toBe(true);
      await server.up();
    }
  });

  test('down refuses connections, up serves the same objects on the same port', async () => {
    const url = await presigned('k');
    await server.down();
    await expect(rawGet(url)).rejects.toThrow('ECONNREFUSED');
    await server.up();
    expect((await rawGet(url)).body.equals(body)).toBe(true);
  });

  test('requests are logged with what was asked and answered', async () => {
    await rawGet(await presigned('k'), { headers: { range: 'bytes=5-9' } });
    await bytesOf('gone').catch(() => undefined);
    expect(server.requests).toMatchObject([
      {
        method: 'GET',
        bucket: Bucket,
        key: 'k',
        range: 'bytes=5-9',
        status: 206,
        bytesSent: 5,
        authorisation: 'query',
        finished: true,
      },
      { method: 'GET', key: 'gone', status: 404, code: 'NoSuchKey', authorisation: 'header' },
    ]);
  });
});
