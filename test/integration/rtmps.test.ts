import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type NginxRtmp, startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { type CertificateFlaw, makeCertificate } from '../fixtures/tls-certificate.ts';
import { openStudio, STREAM_KEY, type Studio } from './studio.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';

let studio: Studio;
let nginx: NginxRtmp | undefined;

beforeEach(async () => {
  studio = await openStudio();
  await studio.upload('red.mp4', { color: 'red', seconds: 20 });
  studio.wish({ media: 'red.mp4' });
});

afterEach(async () => {
  await studio.close();
  await nginx?.stop();
});

const openIngest = async (certificateFlaw?: CertificateFlaw): Promise<NginxRtmp> => {
  const flaw = certificateFlaw === undefined ? {} : { certificateFlaw };
  nginx = await startNginxRtmp({ dir: studio.dir, rtmpsPort: true, ...flaw });
  return nginx;
};

/** A daemon that trusts this authority finds the ingest's certificate wanting, says so, and sends nothing. */
async function findsUntrusted(ingest: NginxRtmp, caFile: string, words: RegExp): Promise<void> {
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: ingest.rtmpsUrl ?? '', SSL_CERT_FILE: caFile });
  const { status, reason, message } = await healthEventually(daemon, ({ restarts }) => restarts.count > 1, {
    what: 'two failed tries',
  });
  expect(`${status} ${reason}`).toBe('down IngestUntrusted');
  expect(message).toMatch(words);
  expect(message).not.toContain(STREAM_KEY);
  expect((await daemon.rawHealth()).status).toBe(503);
  expect(await ingest.sessions()).toEqual([]);
}

test('on air over TLS with the authority that is trusted', async () => {
  const ingest = await openIngest();
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: ingest.rtmpsUrl ?? '', SSL_CERT_FILE: ingest.caFile ?? '' });
  await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });
  const { streams } = await eventually(async () => {
    const stat = await ingest.stat();
    expect(stat.streams[0]?.bytesIn).toBeGreaterThan(5000);
    return stat;
  });
  expect(streams).toMatchObject([{ name: STREAM_KEY, publishing: true }]);
  expect((await daemon.health()).uplink?.unackedMs).toBeLessThan(MACHINE_PAUSE_MS);
});

test('nothing is published to a server whose authority is not trusted, and the reason is told', async () => {
  const stranger = await makeCertificate(join(studio.dir, 'stranger'));
  await findsUntrusted(await openIngest(), stranger.caFile, /an authority that is not trusted.*SSL_CERT_FILE/);
});

const distrusts = async (flaw: CertificateFlaw, words: RegExp): Promise<void> => {
  const ingest = await openIngest(flaw);
  await findsUntrusted(ingest, ingest.caFile ?? '', words);
};

test.each<readonly [CertificateFlaw, RegExp]>([
  ['expired', /certificate is expired.*this machine's clock/],
  ['other-host', /certificate is of another host; check YOUTUBE_RTMP_URL/],
])('nothing is published to a server with a certificate that is %s, and the reason is told', distrusts);

// Its authority is itself: another one that is not trusted.
test(
  'nothing is published to a server with a certificate that is self-signed, and the reason is told',
  { tags: 'long' },
  () => distrusts('self-signed', /an authority that is not trusted.*SSL_CERT_FILE/),
);
