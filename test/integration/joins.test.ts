import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProber } from '../../src/observe/probe/prober.ts';
import type { ItemFacts } from '../../src/reconcile/model/item.ts';
import { decideCopy } from '../../src/reconcile/playout/copy-decision.ts';
import { makeMedia, type MediaRecipe } from '../fixtures/media-maker.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { runTool, runToolOk } from '../fixtures/run-tool.ts';
import { mediaGaps, worstAvOffsetMs } from '../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { type Part, playoutBytes, publish } from './raw-pipeline.ts';

const SECONDS = 6;
const FPS = 30;
const FORMAT = { width: 320, height: 180, fps: FPS, videoBitrateKbps: 800 };
const SMALL = { name: 'joins', size: '320x180', bitrateKbps: 600, seconds: SECONDS, pattern: 'testsrc2' } as const;

/** What is copied, each made otherwise than the house makes it. */
const COPIED: readonly (readonly [string, Partial<MediaRecipe>])[] = [
  ['no B-frames, as phones and hardware encoders make them', { bFrames: 0 }],
  ['MPEG-TS, which begins at 1.4 s', { bFrames: 0, container: 'ts' }],
];

/** Of the same kinds. */
const COPIED_TOO: typeof COPIED = [
  ['one B-frame', { bFrames: 1 }],
  ['the Baseline profile', { bFrames: 0, profile: 'baseline' }],
  ['filler up to its bitrate', { cbr: true }],
  ['Matroska, which keeps milliseconds only', { bFrames: 0, container: 'mkv' }],
  ['the Main profile', { profile: 'main' }],
];

let workspace: Workspace;
let sink: RtmpSink;
let house: string;

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink({ recordDir: join(workspace.dir, 'recordings') });
  house = await makeMedia(SMALL);
});

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

const probe = createProber({ ffprobePath: 'ffprobe', timeoutMs: 30_000, env: { PATH: process.env['PATH'] ?? '' } });

const known = new Map<string, ItemFacts>();

async function factsOf(path: string): Promise<ItemFacts> {
  const before = known.get(path);
  if (before !== undefined) return before;
  const facts = await probe(`file:${path}`, { key: 'item', version: '1', sizeBytes: 400_000 });
  if (facts.kind === 'failed') throw new Error(facts.failure.message);
  known.set(path, facts.value);
  return facts.value;
}

/** The item between an encoded one, a copied one of the house's own kind, and itself: every join there is. */
async function joined(path: string, part: Partial<Part> = {}): Promise<SinkSession> {
  const { video } = await factsOf(path);
  const item = await playoutBytes({ path, seconds: SECONDS, hasBFrames: video?.hasBFrames ?? 0, ...part });
  const copied = await playoutBytes({ path: house, seconds: SECONDS });
  const encoded = await playoutBytes({ path: house, seconds: SECONDS, mode: 'transcode' });
  const { exitCode, session } = await publish(sink, Buffer.concat([encoded, item, copied, item, item, encoded]));
  expect(exitCode).toBe(0);
  return session;
}

const FRAME_MS = 1000 / FPS;
/** A frame, and what milliseconds round. */
const widest = (session: SinkSession): number =>
  Math.max(0, ...mediaGaps(session, 'video', FRAME_MS).map(({ gapMs }) => Math.abs(gapMs)));

/** How many pictures a decoder makes of it, and what it complains about. */
async function decoded({ file = '' }: SinkSession): Promise<{ readonly pictures: number; readonly errors: string[] }> {
  const args = [
    '-nostdin',
    '-v',
    'repeat+error',
    '-i',
    file,
    '-map',
    '0:v',
    '-map',
    '0:a',
    '-f',
    'null',
    '-',
    '-progress',
    '-',
  ];
  const { stdout, stderr } = await runTool('ffmpeg', args);
  const counts = [...stdout.toString().matchAll(/^frame=\s*(\d+)$/gm)].map(([, count]) => Number(count));
  // The sound of one item may end a sample after that of the next begins.
  const errors = stderr.split('\n').filter((line) => line !== '' && !/non monoton/.test(line));
  return { pictures: counts.at(-1) ?? 0, errors };
}

async function expectSeamless(session: SinkSession): Promise<void> {
  expect(widest(session)).toBeLessThan(FRAME_MS * 1.5);
  expect(mediaGaps(session, 'audio', 45)).toEqual([]);
  const { pictures, errors } = await decoded(session);
  expect(errors).toEqual([]);
  // The last picture of an encoded item stands until its sound, padded to whole AAC frames, has ended.
  expect(pictures).toBeGreaterThanOrEqual(6 * SECONDS * FPS);
  expect(pictures).toBeLessThanOrEqual(6 * SECONDS * FPS + 2);
}

describe('a copied item joins with any other, without a frame too many or too few, when it has', () => {
  const joins = async (recipe: Partial<MediaRecipe>): Promise<void> => {
    const path = await makeMedia({ ...SMALL, ...recipe });
    expect(decideCopy(await factsOf(path), FORMAT, 'auto')).toMatchObject({ mode: 'copy', reasons: [] });
    await expectSeamless(await joined(path));
  };

  test.each(COPIED)('%s', (_, recipe) => joins(recipe));

  test.each(COPIED_TOO)('%s', { tags: 'long' }, (_, recipe) => joins(recipe));

  test('another level, more references, slices, no CABAC and other colours', async () => {
    const path = join(workspace.dir, 'other.mp4');
    const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-level', '5.1', '-refs', '6', '-coder', '0'];
    const more = ['-bf', '3', '-x264-params', 'slices=4:aud=1:open-gop=1:scenecut=0', '-colorspace', 'bt709'];
    const rate = ['-g', '60', '-b:v', '600k', '-maxrate', '600k', '-bufsize', '600k', '-c:a', 'copy'];
    await runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-i', house, ...encoder, ...more, ...rate, path]);
    expect(decideCopy(await factsOf(path), FORMAT, 'auto')).toMatchObject({ mode: 'copy', reasons: [] });
    await expectSeamless(await joined(path));
  });

  test('and it would not, if what has no B-frames were not sent as early as what has', async () => {
    const path = await makeMedia({ ...SMALL, bFrames: 0 });
    expect(widest(await joined(path, { without: ['-bsf:v'] }))).toBeGreaterThan(FRAME_MS * 2.5);
  });
});

test.each([
  ['looped within one run', { loops: 3 }, 3 * SECONDS],
  ['resumed between two key frames', { offsetMs: 3_100 }, SECONDS / 2],
] as const)('what has no B-frames is whole also when %s', async (_, part, seconds) => {
  const path = await makeMedia({ ...SMALL, bFrames: 0 });
  const run = await playoutBytes({ path, seconds: SECONDS, hasBFrames: 0, ...part });
  const { session } = await publish(sink, Buffer.concat([run, run]));
  expect(widest(session)).toBeLessThan(FRAME_MS * 2.5);
  const { pictures, errors } = await decoded(session);
  expect(errors).toEqual([]);
  expect(pictures).toBeGreaterThanOrEqual(2 * (seconds - 1) * FPS);
});

describe('a copied picture joins with any other beside a sound that is encoded, or silence', () => {
  const joins = async (recipe: Partial<MediaRecipe>): Promise<void> => {
    const path = await makeMedia({ ...SMALL, ...recipe });
    const facts = await factsOf(path);
    expect(decideCopy(facts, FORMAT, 'auto')).toMatchObject({ picture: 'copy', sound: 'transcode' });
    const silent = facts.audio === null;
    await expectSeamless(await joined(path, { sound: 'transcode', silent }));
    const resumed = await playoutBytes({ path, seconds: SECONDS, offsetMs: 3_100, sound: 'transcode', silent });
    const { session } = await publish(sink, Buffer.concat([resumed, resumed]));
    // The copied picture begins at the key frame before, the encoded sound where the item was left: their ends differ by
    // a few frames (120 ms measured).
    expect(widest(session)).toBeLessThan(FRAME_MS * 6);
    expect(worstAvOffsetMs(session)).toBeLessThan(300);
    expect(mediaGaps(session, 'audio', 75)).toEqual([]);
  };

  test.each([
    ['48 kHz', { sampleRateHz: 48_000 }],
    ['none', { audio: 'none' }],
  ] as const)('%s', (_, recipe) => joins(recipe));

  // Encoded as 48 kHz is: the channels make no difference to its times.
  test.each([
    ['mono', { channels: 1 }],
    ['5.1', { channels: 6 }],
  ] as const)('%s', { tags: 'long' }, (_, recipe) => joins(recipe));
});

describe('what cannot be joined is encoded', () => {
  test.each([
    ['48 kHz', { sampleRateHz: 48_000 }, 'audio at 48000 Hz, wished 44100 Hz'],
    ['mono', { channels: 1 }, '1 audio channels, wished 2'],
    ['5.1', { channels: 6 }, '6 audio channels, wished 2'],
  ])('%s sound, even with encode: copy', async (_, recipe, reason) => {
    const facts = await factsOf(await makeMedia({ ...SMALL, ...recipe }));
    for (const encode of ['auto', 'copy'] as const) {
      expect(decideCopy(facts, FORMAT, encode)).toMatchObject({
        picture: 'copy',
        sound: 'transcode',
        reasons: [reason],
      });
    }
  });

  test('since a decoder goes on by what it was told when the session began: 48 kHz would sound lower', async () => {
    const session = await joined(await makeMedia({ ...SMALL, sampleRateHz: 48_000 }));
    const args = ['-nostdin', '-v', 'error', '-i', session.file ?? '', '-vn', '-ac', '1', '-f', 's16le', '-'];
    const { stdout } = await runTool('ffmpeg', args);
    const samples = new Int16Array(stdout.buffer, stdout.byteOffset, Math.floor(stdout.length / 2));
    const pitchHz = (fromS: number): number => crossings(samples.subarray(fromS * 44_100, (fromS + 3) * 44_100)) / 6;
    expect(pitchHz(1)).toBeCloseTo(440, -1);
    expect(pitchHz(SECONDS + 2)).toBeLessThan(415);
  });

  test('a cut that begins between two key frames: what comes before the first one is no picture', async () => {
    const whole = await makeMedia({ ...SMALL, container: 'ts' });
    const path = join(workspace.dir, 'cut.ts');
    await runToolOk('bash', ['-c', 'tail -c +141001 "$1" > "$2"', 'cut', whole, path]);
    const facts = await factsOf(path);
    expect(facts.video?.startTimeS).toBeGreaterThan(0.3);
    const { mode, reasons } = decideCopy(facts, FORMAT, 'auto');
    expect({ mode, reasons: reasons.join() }).toMatchObject({ mode: 'transcode', reasons: /video starts at/ });
  });
});

/** Every period of a tone crosses zero twice. */
function crossings(samples: Int16Array): number {
  let count = 0;
  for (let i = 1; i < samples.length; i += 1) if (samples[i - 1]! < 0 !== samples[i]! < 0) count += 1;
  return count;
}
