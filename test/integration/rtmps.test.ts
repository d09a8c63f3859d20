import { join } from 'node:path';
import { expect } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type NginxRtmp, startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { type CertificateFlaw, makeCertificate } from '../fixtures/tls-certificate.ts';
import { inStudio } from './in-studio.ts';
import { STREAM_KEY, type Studio } from './studio.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';

/** Red is wished, and this ingest is there. */
async function openIngest(studio: Studio, certificateFlaw?: CertificateFlaw): Promise<NginxRtmp> {
  await studio.upload('red.mp4', { color: 'red', seconds: 60 });
  studio.wish({ media: 'red.mp4' });
  const flaw = certificateFlaw === undefined ? {} : { certificateFlaw };
  const nginx = await startNginxRtmp({ dir: studio.dir, rtmpsPort: true, ...flaw });
  studio.defer(() => nginx.stop());
  return nginx;
}

/** A daemon that trusts this authority finds the ingest's certificate wanting, says so, and sends nothing. */
async function findsUntrusted(studio: Studio, ingest: NginxRtmp, caFile: string, words: RegExp): Promise<void> {
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

inStudio.concurrent('on air over TLS with the authority that is trusted', async ({ studio }) => {
  const ingest = await openIngest(studio);
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

inStudio.concurrent(
  'nothing is published to a server whose authority is not trusted, and the reason is told',
  async ({ studio }) => {
    const stranger = await makeCertificate(join(studio.dir, 'stranger'));
    await findsUntrusted(
      studio,
      await openIngest(studio),
      stranger.caFile,
      /an authority that is not trusted.*SSL_CERT_FILE/,
    );
  },
);

const distrusts = async (studio: Studio, flaw: CertificateFlaw, words: RegExp): Promise<void> => {
  const ingest = await openIngest(studio, flaw);
  await findsUntrusted(studio, ingest, ingest.caFile ?? '', words);
};

inStudio.concurrent.for<readonly [CertificateFlaw, RegExp]>([
  ['expired', /certificate is expired.*this machine's clock/],
  ['other-host', /certificate is of another host; check YOUTUBE_RTMP_URL/],
])(
  'nothing is published to a server with a certificate that is %s, and the reason is told',
  ([flaw, words], { studio }) => distrusts(studio, flaw, words),
);

// Its authority is itself: another one that is not trusted.
inStudio.concurrent(
  'nothing is published to a server with a certificate that is self-signed, and the reason is told',
  { tags: 'long' },
  ({ studio }) => distrusts(studio, 'self-signed', /an authority that is not trusted.*SSL_CERT_FILE/),
);
