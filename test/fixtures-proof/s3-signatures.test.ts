import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, type ClientChoices, clientOf, destroyClients, presign, rawGet } from './s3-clients.ts';
import { runTool } from '../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const Bucket = 'media';
let workspace: Workspace;
let server: S3Server;
let client: S3Client;

beforeEach(async () => {
  workspace = makeWorkspace();
  server = await startS3Server();
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
    expect(Math.abs(Date.parse(String(fresh.headers['date'])) - Date.now() - 3_590_000)).toBeLessThan(9_000);
    server.clockOffsetMs = 3_601_000;
    const late = await rawGet(url);
    expect(late.status).toBe(403);
    expect(late.body.toString()).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
  });

  test('more than 15 minutes of skew is refused, for signed headers and for URLs from the future', async () => {
    server.clockOffsetMs = 16 * 60_000;
    await expect(bytes('k')).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
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
