import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually, type Daemon } from '../fixtures/daemon.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { colourArrives, colours, currentSession, onAirWith, openStudio, SLATE, type Studio } from './studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

const ODD_KEYS: readonly string[] = [
  'it\'s a "quoted" name; $(touch x) `id` %41.mp4',
  'Füße/日本語 🎬.mp4',
  '-i.mp4',
  'a/../b.mp4',
  'line\nbreak\tand tab.mp4',
  `${'x'.repeat(1020)}.mp4`,
  "#?&=+'\\.mp4",
];

test('objects with the oddest names are on air', async () => {
  for (const [i, key] of ODD_KEYS.entries())
    await studio.upload(key, { color: i % 2 === 0 ? 'red' : 'blue', seconds: 20 });
  let daemon: Daemon | undefined;
  for (const [i, key] of ODD_KEYS.entries()) {
    studio.wish({ media: JSON.stringify(key) });
    daemon ??= await studio.start();
    await onAirWith(daemon, key);
    await colourArrives(studio.sink, i % 2 === 0 ? 'red' : 'blue');
  }
  expect(studio.sink.sessions).toHaveLength(1);
});

test('a playlist that calls itself a film reads nothing and reaches nobody', async () => {
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('no');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = stranger.address() as AddressInfo;
    const secret = await makeMedia({
      name: 'secret',
      color: 'lime',
      container: 'ts',
      size: '640x360',
      bitrateKbps: 600,
    });
    const hls = (url: string): string =>
      `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n${url}\n#EXTINF:4,\nhttp://127.0.0.1:${port}/hls.ts\n#EXT-X-ENDLIST\n`;
    const evil = {
      'hls.mp4': hls(`file://${secret}`),
      'concat.mp4': `ffconcat version 1.0\nfile '${secret}'\nfile 'http://127.0.0.1:${port}/concat.ts'\n`,
      'dash.mp4': `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>http://127.0.0.1:${port}/dash.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`,
      'sdp.mp4': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
    };
    for (const [key, text] of Object.entries(evil)) studio.store.put('media', key, Buffer.from(text));
    await studio.upload('good.mp4', { color: 'red', seconds: 20 });
    let daemon: Daemon | undefined;
    for (const key of Object.keys(evil)) {
      studio.wish({ media: key });
      daemon ??= await studio.start();
      const report = await healthEventually(
        daemon,
        ({ status, reason, message }) =>
          status === 'degraded' && reason === 'MediaUndecodable' && message.includes(key),
        { what: `${key} to be refused` },
      );
      expect(report.playout?.item ?? null).toBeNull();
    }
    studio.wish({ media: 'good.mp4' });
    await colourArrives(studio.sink, 'red');
    expect(new Set(await colours(currentSession(studio.sink)))).toEqual(new Set([SLATE, 'red']));
    expect(asked).toEqual([]);
  } finally {
    stranger.closeAllConnections();
    await new Promise((resolve) => stranger.close(resolve));
  }
});
