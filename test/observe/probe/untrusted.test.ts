import { writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProber } from '../../../src/observe/probe/prober.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { createS3Signer } from '../../../src/store/s3/signer.ts';
import type { MediaResult } from '../../../src/store/port.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';
import { runTool } from '../../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { makeWorkspace } from '../../fixtures/workspace.ts';

const workspace = makeWorkspace();
const evil = join(workspace.dir, 'evil.mp4');
const listed = { key: 'evil.mp4', version: 'v', sizeBytes: 1 };
const probe = createProber({ ffprobePath: 'ffprobe', timeoutMs: 20_000, env: { PATH: process.env['PATH'] ?? '' } });

let server: S3Server;
/** Another host, which must never be called. */
let canary: Server;
let canaryCalls = 0;
/** A file elsewhere, which must never be read. */
let goodMedia: string;

beforeAll(async () => {
  goodMedia = await makeMedia({ name: 'probe-untrusted', seconds: 1 });
  server = await startS3Server();
  canary = createServer((socket) => {
    canaryCalls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  canary.close();
  await server.stop();
  await workspace.cleanup();
});

const canaryPort = (): number => {
  const address = canary.address();
  if (address === null || typeof address === 'string') throw new Error('the canary does not listen');
  return address.port;
};
const reasonOf = (result: MediaResult<ItemFacts>): string => (result.kind === 'ok' ? 'ok' : result.failure.reason);

async function signedUrl(): Promise<string> {
  const url = await createS3Signer(s3Settings(server))('evil.mp4', 600);
  if (url.kind === 'failed') throw new Error(url.failure.message);
  return url.value;
}

describe('a playlist disguised as media', () => {
  const disguises: readonly (readonly [string, (target: string) => string])[] = [
    ['HLS', (to) => `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n${to}\n#EXT-X-ENDLIST\n`],
    ['ffconcat', (to) => `ffconcat version 1.0\nfile '${to}'\n`],
    [
      'DASH',
      (to) =>
        `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>${to}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ],
    [
      'SDP',
      () =>
        `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${canaryPort()} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    ],
    ['a list of addresses', (to) => `${to}\n`],
  ];

  it.each(disguises)('reaches no other host and reads no file as %s', async (_name, text) => {
    const before = canaryCalls;
    const targets = [`http://127.0.0.1:${canaryPort()}/x.mp4`, `file://${goodMedia}`, goodMedia];
    for (const target of targets) {
      server.put('media', 'evil.mp4', Buffer.from(text(target)));
      writeFileSync(evil, text(target));
      expect(reasonOf(await probe(await signedUrl(), listed))).toBe('MediaUndecodable');
      expect(reasonOf(await probe(`file:${evil}`, listed))).toBe('MediaUndecodable');
    }
    expect(canaryCalls).toBe(before);
  });

  it('would reach the host if it were not for the lists', async () => {
    const before = canaryCalls;
    for (const [, text] of disguises.slice(0, 2)) {
      writeFileSync(evil, text(`http://127.0.0.1:${canaryPort()}/x.mp4`));
      const demuxer = text('').startsWith('#') ? ['-f', 'hls'] : ['-safe', '0', '-f', 'concat'];
      const protocols = ['-protocol_whitelist', 'file,http,tcp'];
      await runTool('ffprobe', ['-v', 'quiet', ...protocols, ...demuxer, evil]);
    }
    expect(canaryCalls - before).toBeGreaterThanOrEqual(2);
  });
});
