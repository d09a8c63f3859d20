import { request as httpRequest } from 'node:http';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { S3Server } from '../fixtures/s3-server.ts';

export interface ClientChoices {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
  readonly checksums?: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED';
}

/** An SDK client of the server, by default one that is let in; without retries; `destroyClients` ends it. */
export function clientOf(server: S3Server, choices: ClientChoices = {}): S3Client {
  const { accessKeyId = server.accessKeyId, secretAccessKey = server.secretAccessKey, region = 'auto' } = choices;
  const checksums = choices.checksums ?? 'WHEN_REQUIRED';
  const client = new S3Client({
    endpoint: server.url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    maxAttempts: 1,
  });
  clients.push(client);
  return client;
}

const clients: S3Client[] = [];

/** Ends every client made so far. */
export function destroyClients(): void {
  for (const client of clients.splice(0)) client.destroy();
}

export async function bytesOf(client: S3Client, Bucket: string, Key: string, Range?: string): Promise<Buffer> {
  const found = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range ? { Range } : {}) }));
  return Buffer.from((await found.Body?.transformToByteArray()) ?? new Uint8Array());
}

/** A GET URL of the SDK's presigner. */
export function presign(client: S3Client, Bucket: string, Key: string, expiresIn = 60): Promise<string> {
  return getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn });
}

export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The connection broke before the announced length had come. */
  readonly broken: boolean;
}

/** A plain GET that neither normalises the path nor hides a broken answer. */
export function rawGet(
  url: string,
  options: { method?: string; headers?: Record<string, string>; limitMs?: number } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const [, port, path] = /^http:\/\/127\.0\.0\.1:(\d+)(.*)$/s.exec(url) ?? [];
    const { method = 'GET', headers = {}, limitMs = 5000 } = options;
    const sent = httpRequest({
      host: '127.0.0.1',
      port,
      path,
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
