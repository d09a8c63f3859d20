import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { stageMedia } from '../fixtures/stage-media.ts';
import { inStudio } from './in-studio.ts';
import { colourArrives, colours, currentSession, programmeColours, SLATE, type Studio } from './studio.ts';

const ODD_KEYS: readonly string[] = [
  'it\'s a "quoted" name; $(touch x) `id` %41.mp4',
  'Füße/日本語 🎬.mp4',
  '-i.mp4',
  'a/../b.mp4',
  'line\nbreak\tand tab.mp4',
  `${'x'.repeat(1020)}.mp4`,
  "#?&=+'\\.mp4",
  '/rooted.mp4',
  'a//b.mp4',
  ' spaces around .mp4 ',
  '%2e%2e%2f%00.mp4',
  // A letter and its accent apart, another key than with both in one.
  'e\u0301te\u0301.mp4',
  '日'.repeat(340) + '.mp4',
];

/** Uploads something under each key; answers with the items that `/health` names while as many of them are on air. */
async function playAll(studio: Studio, keys: readonly string[], media: string): Promise<string[]> {
  for (const [i, key] of keys.entries())
    await studio.upload(key, { color: i % 2 === 0 ? 'red' : 'blue', seconds: i === 0 ? 8 : 3 });
  studio.wish({ media });
  const daemon = await studio.start();
  const named: string[] = [];
  await eventually(
    async () => {
      const item = (await daemon.health()).playout?.item ?? undefined;
      if (item !== undefined && item !== named.at(-1)) named.push(item);
      if (named.length < keys.length) throw new Error(`so far ${JSON.stringify(named)}`);
    },
    { timeoutMs: 60_000 + keys.length * 6_000, everyMs: 100, what: 'all of them' },
  );
  await colourArrives(studio.sink, keys.length % 2 === 1 ? 'red' : 'blue');
  expect(await programmeColours(currentSession(studio.sink))).toEqual(
    keys.map((_, i) => (i % 2 === 0 ? 'red' : 'blue')),
  );
  expect(studio.sink.sessions).toHaveLength(1);
  return named;
}

inStudio.concurrent(
  'objects with the oddest names are on air, and named as they are',
  { timeout: 240_000 },
  async ({ studio }) => {
    expect(await playAll(studio, ODD_KEYS, JSON.stringify(ODD_KEYS))).toEqual(ODD_KEYS);
  },
);

inStudio.concurrent(
  'a prefix of the oddest name is listed, and its objects are on air',
  { timeout: 180_000 },
  async ({ studio }) => {
    const prefix = '-it\'s a "quoted"\n../日本語 🎬 %2f+&?#/';
    const keys = [`${prefix}1.mp4`, `${prefix}2 '.mp4`, `${prefix}10".mp4`];
    expect(await playAll(studio, keys, JSON.stringify(prefix))).toEqual(keys);
  },
);

// What a text of desired.yaml says is tested with its parser, and `ODD_KEYS` plays what is as odd.
inStudio.concurrent(
  "the same is true of a name in desired.yaml in YAML's own ways of writing",
  { timeout: 180_000, tags: 'long' },
  async ({ studio }) => {
    const keys = ["it's - odd: #1.mp4", 'back\\slash "2".mp4', 'Füße 3.mp4'];
    const yaml = `\n  - 'it''s - odd: #1.mp4'\n  - "back\\\\slash \\"2\\".mp4"\n  - Füße 3.mp4`;
    expect(await playAll(studio, keys, yaml)).toEqual(keys);
  },
);

inStudio.concurrent('a playlist that calls itself a film reads nothing and reaches nobody', async ({ studio }) => {
  const asked: string[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('no');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = stranger.address() as AddressInfo;
    const secret = await stageMedia({ color: 'lime', container: 'ts' });
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
