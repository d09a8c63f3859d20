import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playoutFrom } from '../raw-pipeline.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { type Chunk, relaid } from '../../fixtures/mp4-layout.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { makeWorkspace } from '../../fixtures/workspace.ts';
import { SPEC } from '../../reconcile/world-builder.ts';
import { mediaInput } from '../../../src/actuate/ffmpeg/media-input.ts';
import { countRequests } from '../../../src/observe/probe/container/mp4-requests.ts';
import { createProber } from '../../../src/observe/probe/prober.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { type ItemSpec, NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { itemSpec } from '../../../src/reconcile/playout/spec.ts';
import { createS3Signer } from '../../../src/store/s3/signer.ts';

/** So long every answer of the store takes to begin. */
const LATENCY_MS = 40;
const SECONDS = 40;
/** Some for the index, and a few for each stream; one connection for both would make thousands. */
const AT_MOST_REQUESTS = 20;

type Layout =
  'together' | 'in turns of 2 s' | 'sound first' | 'in turns of 20 s' | 'picture first, the index behind both';
const inTurns =
  (turnS: number) =>
  ({ track, share }: Chunk): number =>
    2 * Math.floor((share * SECONDS) / turnS) + track;

const TOGETHER = { kind: 'together' } as const;
const SEPARATELY = { kind: 'separately', picture: 0, sound: 0 } as const;

const workspace = makeWorkspace();
let server: S3Server;
let signUrl: ReturnType<typeof createS3Signer>;
/** What was found out about each layout of the same film. */
const found = new Map<Layout, ItemFacts>();

beforeAll(async () => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30,noise=alls=20:allf=t'];
  const sound = ['-f', 'lavfi', '-i', 'anoisesrc=r=44100:a=0.3', '-ac', '2', '-c:a', 'aac', '-b:a', '320k'];
  const house = ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-g', '60'];
  const rate = ['-bf', '0', '-b:v', '900k', '-maxrate', '900k', '-bufsize', '900k', '-t', String(SECONDS)];
  const end = await makeFile({ name: 'apart', container: 'mp4', args: [...picture, ...sound, ...house, ...rate] });
  const front = join(workspace.dir, 'front.mp4');
  await runToolOk('ffmpeg', ['-v', 'error', '-i', end, '-c', 'copy', '-movflags', '+faststart', front]);
  const film = { front: readFileSync(front), end: readFileSync(end) };
  const objects: readonly (readonly [Layout, Buffer])[] = [
    ['together', film.front],
    ['in turns of 2 s', relaid(film.front, inTurns(2))],
    ['sound first', relaid(film.front, ({ track }) => -track)],
    ['in turns of 20 s', relaid(film.front, inTurns(20))],
    ['picture first, the index behind both', relaid(film.end, ({ track }) => track)],
  ];
  server = await startS3Server();
  server.fault = () => ({ kind: 'delay', ms: LATENCY_MS });
  signUrl = createS3Signer(s3Settings(server));
  for (const [layout, object] of objects) {
    server.put('media', layout, object);
    found.set(layout, await inspected(layout, object.length));
  }
}, 180_000);
afterAll(async () => {
  await server.stop();
  await workspace.cleanup();
});

describe('an MP4 whose picture and sound lie apart, in a store that takes its time', () => {
  it.each(['sound first', 'in turns of 20 s', 'picture first, the index behind both'] as const)(
    'is played whole with few requests: %s',
    async (layout) => {
      expect(found.get('together')?.apartS).toBeUndefined();
      expect(found.get(layout)?.apartS).toBeGreaterThan(3);
      const apart = await played(layout, {});
      expect(apart.packets).toEqual((await played('together', {})).packets);
      expect(apart.requests).toBeLessThan(AT_MOST_REQUESTS);
    },
    120_000,
  );

  it.each([
    ['together', 1],
    ['picture first, the index behind both', 5],
    ['in turns of 2 s', 10],
  ] as const)(
    'takes about as many requests as its tables tell beforehand: %s',
    async (layout, atLeast) => {
      const { apartS } = found.get(layout) ?? {};
      const reading = apartS === undefined ? TOGETHER : SEPARATELY;
      const bytes = (await server.read('media', layout)) ?? Buffer.alloc(0);
      const told = await countRequests(async (at, size) => bytes.subarray(at, at + size), bytes.length, reading);
      expect(told?.requests).toBeGreaterThanOrEqual(atLeast);
      const { requests } = await played(layout, {});
      // How much is read on the way instead differs with the connection, and newer FFmpegs read more.
      expect(requests).toBeLessThanOrEqual(2 * (told?.requests ?? 0));
      expect(requests).toBeGreaterThanOrEqual((told?.requests ?? 0) / 5);
    },
    120_000,
  );

  it.each([
    ['encoded', { bitrateKbps: 300 }],
    ['copied, its sound encoded', { sound: 'transcode' } as const],
  ])(
    'goes on at its place: %s',
    async (_, change) => {
      const apart = await played('sound first', { ...change, offsetMs: 30_000 });
      expect(Math.abs(apart.packets.pictures / 30 - 10)).toBeLessThan(2.2);
      expect(Math.abs((apart.packets.sounds * 1024) / 44_100 - 10)).toBeLessThan(2.2);
      expect(apart.requests).toBeLessThan(AT_MOST_REQUESTS);
    },
    120_000,
  );

  it('is not looped within one run, as each connection would begin anew at its own end', () => {
    expect(specOf('together', {}, true).part.loops).toBeGreaterThan(1);
    expect(specOf('sound first', {}, true).part.loops).toBe(1);
  });
});

interface Change {
  readonly bitrateKbps?: number;
  readonly sound?: 'transcode';
  readonly offsetMs?: number;
}

function specOf(layout: Layout, { bitrateKbps = 3000, sound, offsetMs = 0 }: Change, sole = false): ItemSpec {
  const facts = found.get(layout);
  if (facts === undefined) throw new Error(`${layout} was not inspected`);
  const desired = { ...SPEC, resolution: { width: 320, height: 180 }, fps: 30, bitrateKbps };
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs };
  const spec = itemSpec(facts, desired, cursor, { urlTtlMs: 3_600_000, sole }, NO_ARTWORK);
  if (spec.kind !== 'item') throw new Error('it is no item');
  return sound === undefined ? spec : { ...spec, part: { ...spec.part, sound } };
}

async function addressOf(layout: Layout): Promise<string> {
  const url = await signUrl(layout, 600);
  if (url.kind === 'failed') throw new Error(url.failure.message);
  return url.value;
}

async function inspected(layout: Layout, sizeBytes: number): Promise<ItemFacts> {
  const env = { PATH: process.env['PATH'] ?? '' };
  const probe = createProber({ ffprobePath: 'ffprobe', timeoutMs: 60_000, env });
  const facts = await probe(await addressOf(layout), { key: layout, version: 'v', sizeBytes });
  if (facts.kind === 'failed') throw new Error(facts.failure.message);
  return facts.value;
}

interface Played {
  readonly packets: { readonly pictures: number; readonly sounds: number; readonly endMs: number };
  readonly requests: number;
}

async function played(layout: Layout, change: Change): Promise<Played> {
  const input = mediaInput(await addressOf(layout), null);
  server.clearRequests();
  const bytes = await playoutFrom(specOf(layout, change), input);
  return { packets: await packetsOf(bytes), requests: server.requests.length };
}

async function packetsOf(bytes: Buffer): Promise<Played['packets']> {
  const path = join(workspace.dir, 'played.ts');
  writeFileSync(path, bytes);
  const show = ['-show_entries', 'packet=codec_type,pts_time', '-of', 'csv=p=0', path];
  const { stdout } = await runToolOk('ffprobe', ['-v', 'error', ...show]);
  const packets = stdout
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',') as [string, string]);
  const of = (type: string): number => packets.filter(([found]) => found === type).length;
  return {
    pictures: of('video'),
    sounds: of('audio'),
    endMs: Math.round(1000 * Math.max(...packets.map(([, pts]) => Number(pts)))),
  };
}
