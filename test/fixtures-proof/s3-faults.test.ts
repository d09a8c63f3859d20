import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, clientOf, destroyClients, presign, rawGet } from './s3-clients.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';

const Bucket = 'media';
let server: S3Server;
let client: S3Client;

beforeEach(async () => {
  server = await startS3Server();
  client = clientOf(server);
});

afterEach(async () => {
  destroyClients();
  await server.stop();
});

const bytes = (key: string, bucket = Bucket, range?: string) => bytesOf(client, bucket, key, range);
const presigned = (key: string, expiresIn?: number) => presign(client, Bucket, key, expiresIn);

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
    await expect(bytes('k')).rejects.toMatchObject({ name: 'SlowDown' });
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
    await bytes('gone').catch(() => undefined);
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
