import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MediaFailureReason } from '../../../src/reconcile/model/reasons.ts';
import { openStore } from '../../../src/store/drivers.ts';
import type { MediaResult } from '../../../src/store/port.ts';
import type { S3Settings } from '../../../src/store/settings.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { makeCertificate } from '../../fixtures/tls-certificate.ts';
import { freePort, makeWorkspace } from '../../fixtures/workspace.ts';

describe('S3 storage in trouble', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    server.put('media', 'a.mp4', Buffer.from('12345'));
  });
  afterEach(() => {
    server.fault = undefined;
    server.clockOffsetMs = 0;
  });
  afterAll(() => server.stop());

  const settings = (change: Partial<S3Settings> = {}): S3Settings => ({ ...s3Settings(server), ...change });

  async function reasons(change: Partial<S3Settings>, key = 'a.mp4'): Promise<readonly (MediaFailureReason | 'ok')[]> {
    const s3 = settings(change);
    const storage = openStore(s3, null);
    const results = [await storage.listMedia(''), await storage.statMedia(key)];
    for (const result of results) {
      expect(JSON.stringify(result)).not.toContain(s3.secretAccessKey);
      expect(JSON.stringify(result)).not.toMatch(/X-Amz|https?:\/\//);
    }
    return results.map(reasonOf);
  }
  const reasonOf = (result: MediaResult<unknown>): MediaFailureReason | 'ok' =>
    result.kind === 'ok' ? 'ok' : result.failure.reason;

  it('tells a wrong secret, an unknown access key and a missing bucket apart, for one object too', async () => {
    expect(await reasons({ secretAccessKey: 'wrong-secret' })).toEqual([
      'StorageCredentialsRejected',
      'StorageCredentialsRejected',
    ]);
    expect(await reasons({ accessKeyId: 'nobody' })).toEqual([
      'StorageCredentialsRejected',
      'StorageCredentialsRejected',
    ]);
    expect(await reasons({ bucket: 'nowhere' })).toEqual(['StorageBucketMissing', 'StorageBucketMissing']);
    server.fault = () => ({ kind: 'status', status: 400, code: 'InvalidBucketName' });
    expect(await reasons({})).toEqual(['StorageBucketMissing', 'StorageBucketMissing']);
  });

  it('lists a bucket one key of which XML cannot hold, and knows a wrong secret by it', async () => {
    server.put('media', '0\u0001.mp4', Buffer.from('12345'));
    try {
      expect(await reasons({})).toEqual(['ok', 'ok']);
      expect(await reasons({}, 'nothing.mp4')).toEqual(['ok', 'MediaNotFound']);
    } finally {
      server.remove('media', '0\u0001.mp4');
    }
  });

  it('tells a missing object from a missing bucket', async () => {
    expect(await reasons({}, 'nothing.mp4')).toEqual(['ok', 'MediaNotFound']);
  });

  it('tells an object that may not be read from bad credentials', async () => {
    server.fault = ({ key }) => (key === '' ? undefined : { kind: 'status', status: 403, code: 'AccessDenied' });
    expect(await reasons({})).toEqual(['ok', 'MediaForbidden']);
    server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    expect(await reasons({})).toEqual(['StorageCredentialsRejected', 'MediaForbidden']);
  });

  it('says that nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    expect(await reasons({ endpoint })).toEqual(['StorageUnreachable', 'StorageUnreachable']);
  });

  it('says that the host name is unknown', async () => {
    expect(await reasons({ endpoint: 'http://store.invalid' })).toEqual(['StorageUnreachable', 'StorageUnreachable']);
  });

  it('says that a plain-text port speaks no TLS', async () => {
    const endpoint = server.url.replace('http:', 'https:');
    expect(await reasons({ endpoint })).toEqual(['StorageUnreachable', 'StorageUnreachable']);
  });

  it('says that the store is unavailable', async () => {
    server.fault = () => ({ kind: 'status', status: 503, code: 'ServiceUnavailable' });
    expect(await reasons({})).toEqual(['StorageUnreachable', 'StorageUnreachable']);
  });

  it('rides out one broken connection', async () => {
    let broken = 0;
    server.fault = () => (broken++ === 0 ? { kind: 'status', status: 500, code: 'InternalError' } : undefined);
    expect(await reasons({})).toEqual(['ok', 'ok']);
  });

  it('works with a store whose clock is an hour ahead, and dates addresses by that clock', async () => {
    server.clockOffsetMs = 3_600_000;
    const storage = openStore(settings(), null);
    expect((await storage.listMedia('')).kind).toBe('ok');
    const url = await storage.getStreamUrl('a.mp4', 60);
    if (url.kind === 'failed') throw new Error(url.failure.message);
    const response = await fetch(url.value);
    expect([response.status, await response.text()]).toEqual([200, '12345']);
  });

  it('leaves no folder marker in a listing', async () => {
    server.put('media', 'folder/', Buffer.alloc(0));
    server.put('media', 'marked/', Buffer.from('not empty'));
    const storage = openStore(settings(), null);
    const result = await storage.listMedia('');
    expect(result.kind === 'ok' && result.value.map((object) => object.key)).toEqual(['a.mp4']);
  });

  it('trusts the authorities of the bundle it is given, and no others', async () => {
    const workspace = makeWorkspace();
    const { caFile, certificateFile, keyFile } = await makeCertificate(workspace.dir);
    const { port } = new URL(server.url);
    const front = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, (socket) => {
      socket.on('error', () => undefined);
      const back = connect(Number(port), '127.0.0.1').on('error', () => socket.destroy());
      socket.pipe(back).pipe(socket);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    try {
      const address = front.address();
      if (address === null || typeof address === 'string') throw new Error('the TLS front does not listen');
      const s3 = settings({ endpoint: `https://127.0.0.1:${address.port}` });
      const stat = async (file: string | null): Promise<string> =>
        reasonOf(await openStore(s3, file).statMedia('a.mp4'));
      expect([await stat(caFile), await stat(null)]).toEqual(['ok', 'StorageUnreachable']);
      expect(await stat(join(workspace.dir, 'no-such-bundle'))).toBe('StorageError');
    } finally {
      front.close();
      await workspace.cleanup();
    }
  });

  it('takes a web page for no store, not for an empty bucket', async () => {
    const portal = createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>');
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    try {
      const address = portal.address();
      if (address === null || typeof address === 'string') throw new Error('the portal does not listen');
      expect(await reasons({ endpoint: `http://127.0.0.1:${address.port}` })).toEqual(['StorageError', 'StorageError']);
    } finally {
      portal.close();
    }
  });
});
