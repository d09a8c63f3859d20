import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startNginxRtmp, type NginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { makeCertificate } from '../fixtures/tls-certificate.ts';
import { openStudio, STREAM_KEY, type Studio } from './studio.ts';

let studio: Studio;
let nginx: NginxRtmp;

beforeEach(async () => {
  studio = await openStudio();
  nginx = await startNginxRtmp({ dir: studio.dir, rtmpsPort: true });
  await studio.upload('red.mp4', { color: 'red', seconds: 20 });
  studio.wish({ media: 'red.mp4' });
});

afterEach(async () => {
  await studio.close();
  await nginx.stop();
});

test('on air over TLS with the authority that is trusted', async () => {
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: nginx.rtmpsUrl ?? '', SSL_CERT_FILE: nginx.caFile ?? '' });
  await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });
  const { streams } = await eventually(async () => {
    const stat = await nginx.stat();
    expect(stat.streams[0]?.bytesIn).toBeGreaterThan(5000);
    return stat;
  });
  expect(streams).toMatchObject([{ name: STREAM_KEY, publishing: true }]);
  expect((await daemon.health()).uplink?.unackedMs).toBeLessThan(3000);
});

test('nothing is published to a server whose authority is not trusted, and the reason is told', async () => {
  const stranger = await makeCertificate(join(studio.dir, 'stranger'));
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: nginx.rtmpsUrl ?? '', SSL_CERT_FILE: stranger.caFile });
  const report = await healthEventually(daemon, ({ status, restarts }) => status === 'down' && restarts.count > 0, {
    what: 'down',
  });
  expect(`${report.reason} ${report.message}`).toMatch(/certificate|tls|handshake/i);
  expect(report.message).not.toContain(STREAM_KEY);
  expect((await daemon.rawHealth()).status).toBe(503);
  expect(await nginx.sessions()).toEqual([]);
});
