import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HealthReport } from '../../src/reconcile/report.ts';
import { healthEventually, type Daemon } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia, type MediaRecipe } from '../fixtures/media-maker.ts';
import { nearestColourName, type ColourName } from '../fixtures/picture.ts';
import { runTool } from '../fixtures/run-tool.ts';
import type { SinkSession } from '../fixtures/rtmp-sink.ts';
import { framesOf, mediaGaps } from '../fixtures/stream-analysis.ts';
import {
  colourArrives,
  colours,
  currentSession,
  firstPicture,
  openStudio,
  recordingOf,
  summary,
  videoAdvances,
  type Studio,
} from './studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

/** The built-in slate is a dark blue, nearest to black of the colours tests know. */
const SLATE: ColourName = 'black';

const onAir = (daemon: Daemon, item: string): Promise<HealthReport> =>
  healthEventually(daemon, ({ status, playout }) => status === 'live' && playout?.item === item, {
    what: `${JSON.stringify(item.slice(0, 40))} to be on air`,
    timeoutMs: 25_000,
  });

const MISFITS: Readonly<
  Record<string, Partial<MediaRecipe> & { readonly edges: ColourName; readonly middle: ColourName }>
> = {
  'narrow.mp4': { color: 'red', size: '320x360', edges: 'black', middle: 'red' },
  'silent.mp4': { color: 'lime', audio: 'none', edges: 'lime', middle: 'lime' },
  'slow.mp4': { color: 'yellow', fps: 25, edges: 'yellow', middle: 'yellow' },
  'mono.mp4': { color: 'magenta', channels: 1, sampleRateHz: 48_000, edges: 'magenta', middle: 'magenta' },
  'sound.m4a': { pattern: 'none', container: 'm4a', edges: SLATE, middle: SLATE },
  'web.webm': {
    color: 'cyan',
    videoCodec: 'vp9',
    audioCodec: 'opus',
    container: 'webm',
    edges: 'cyan',
    middle: 'cyan',
  },
};

test('whatever does not fit is brought into the house format, within one session', async () => {
  for (const [key, { edges: _, middle: __, ...recipe }] of Object.entries(MISFITS))
    await studio.upload(key, { seconds: 20, ...recipe });
  let daemon: Daemon | undefined;
  for (const [key, { edges, middle }] of Object.entries(MISFITS)) {
    studio.wish({ media: key });
    daemon ??= await studio.start();
    await firstPicture(studio.sink);
    const report = await onAir(daemon, key);
    expect({ key, mode: report.playout?.mode }).toEqual({ key, mode: 'transcode' });
    const session = currentSession(studio.sink);
    await eventually(
      async () => {
        expect(await lastColour(session, 'crop=iw/8:ih:0:0')).toBe(edges);
        expect(await lastColour(session, 'crop=iw/8:ih:iw/2:0')).toBe(middle);
      },
      { timeoutMs: 15_000, everyMs: 400, what: `${key} as it should look` },
    );
    await videoAdvances(session, 1000);
  }
  expect(studio.sink.sessions).toHaveLength(1);
  const session = currentSession(studio.sink);
  expect(mediaGaps(session, 'video', 300)).toEqual([]);
  // An encoder that is told to end may have delivered half a second of picture without its sound.
  expect(mediaGaps(session, 'audio', 800)).toEqual([]);
  const frames = framesOf(session, 'video');
  const spanS = ((frames.at(-1)?.timestampMs ?? 0) - (frames[0]?.timestampMs ?? 0)) / 1000;
  expect(Math.abs(frames.length / spanS - 30)).toBeLessThan(1);
});

test('a missing object gives the slate and a reason, and is on air once it is uploaded', async () => {
  studio.wish({ media: 'late.mp4' });
  const daemon = await studio.start();
  const session = await firstPicture(studio.sink);
  const report = await healthEventually(daemon, ({ status }) => status === 'degraded', { what: 'degraded' });
  expect(report).toMatchObject({ reason: 'MediaNotFound', playout: { item: null } });
  expect(report.message).toContain('late.mp4');
  await studio.upload('late.mp4', { color: 'red', seconds: 20 });
  await onAir(daemon, 'late.mp4');
  await colourArrives(studio.sink, 'red');
  expect(summary(await colours(session))).toEqual([SLATE, 'red']);
  expect(studio.sink.sessions).toHaveLength(1);
});

test('an object that cannot be decoded is skipped and named, and the programme goes on', async () => {
  await studio.upload('a.mp4', { color: 'red', seconds: 5 });
  studio.store.put('media', 'broken.mp4', randomBytes(200_000));
  await studio.upload('c.mp4', { color: 'blue', seconds: 5 });
  studio.wish({ media: '[a.mp4, broken.mp4, c.mp4]' });
  const daemon = await studio.start();
  const session = await firstPicture(studio.sink);
  const told = new Set<string>();
  await eventually(
    async () => {
      const { reason, message } = await daemon.health();
      told.add(`${reason} ${message}`);
      const seen = summary(await colours(session));
      if (seen.length < 3) throw new Error(`so far ${seen.join(', ')}`);
    },
    { timeoutMs: 30_000, everyMs: 200, what: 'the round to be over' },
  );
  expect(summary(await colours(session)).slice(0, 3)).toEqual(['red', 'blue', 'red']);
  const named = [...told, ...daemon.logLines].filter((line) => line.includes('broken.mp4'));
  expect(named.length).toBeGreaterThan(0);
  expect(named.join('\n')).toContain('MediaUndecodable');
  expect(studio.sink.sessions).toHaveLength(1);
});

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
    await onAir(daemon, key);
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
    const copy = join(studio.dir, 'secret.txt');
    writeFileSync(copy, 'file, but no film');
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

/** Colour of a part of the last picture recorded so far. */
async function lastColour(session: SinkSession, crop: string): Promise<ColourName> {
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-i',
    recordingOf(session),
    '-an',
    '-vf',
    `fps=2,${crop},scale=1:1:flags=area`,
  ];
  const { stdout } = await runTool('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-']);
  const [r = 0, g = 0, b = 0] = stdout.subarray(-3);
  return nearestColourName({ r, g, b });
}
