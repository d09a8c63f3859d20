import { copyFileSync, readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeMedia, mediaCacheDir, type MediaRecipe } from '../fixtures/media-maker.ts';
import {
  averageColour,
  colourNameAt,
  colourTimeline,
  decodeErrors,
  nearestColourName,
  packetTimes,
} from '../fixtures/picture.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => workspace.cleanup());

interface ProbedStream {
  readonly codec_type: string;
  readonly [field: string]: unknown;
}

async function probe(file: string): Promise<ProbedStream[]> {
  const { stdout } = await runToolOk('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
  return (JSON.parse(stdout.toString()) as { streams: ProbedStream[] }).streams;
}

describe('made media', () => {
  test('comply with the house format by default', async () => {
    const file = await makeMedia({ name: 'house', seconds: 6 });
    const [video, audio] = await probe(file);
    expect(video).toMatchObject({
      codec_name: 'h264',
      profile: 'High',
      pix_fmt: 'yuv420p',
      width: 1280,
      height: 720,
      sample_aspect_ratio: '1:1',
      r_frame_rate: '30/1',
      avg_frame_rate: '30/1',
      field_order: 'progressive',
      nb_frames: '180',
    });
    expect(audio).toMatchObject({ codec_name: 'aac', profile: 'LC', sample_rate: '44100', channels: 2 });
    const keys = (await packetTimes(file, 'v')).filter((packet) => packet.keyframe);
    expect(keys.map((packet) => packet.ptsS)).toEqual([0, 2, 4]);
    expect(await decodeErrors(file)).toEqual([]);
    expect(readFileSync(file).indexOf('moov')).toBeLessThan(readFileSync(file).indexOf('mdat'));
  });

  test('are made once, and whole also when several ask at a time', async () => {
    const recipe = { name: `once-${process.pid}-${Date.now()}`, seconds: 1, size: '320x180' };
    const files = await Promise.all([makeMedia(recipe), makeMedia(recipe), makeMedia(recipe)]);
    expect(new Set(files).size).toBe(1);
    expect(await decodeErrors(files[0] ?? '')).toEqual([]);
    expect(readdirSync(mediaCacheDir()).filter((name) => name.startsWith(`.making-${process.pid}-`))).toEqual([]);
    rmSync(files[0] ?? '');
  });

  test('of constant bitrate keep to it even with nothing to show', async () => {
    const file = await makeMedia({ name: 'cbr', seconds: 4, bitrateKbps: 2000, cbr: true, audio: 'none' });
    const bytes = (await packetTimes(file, 'v')).reduce((sum, packet) => sum + packet.sizeBytes, 0);
    expect((bytes * 8) / 4 / 1000).toBeGreaterThan(1800);
    expect((bytes * 8) / 4 / 1000).toBeLessThan(2200);
  });

  const small = { seconds: 1, size: '320x180' } as const;
  const recipes: readonly (MediaRecipe & { readonly expected: readonly string[] })[] = [
    { name: 'mkv', ...small, container: 'mkv', pattern: 'testsrc2', expected: ['h264', 'aac'] },
    { name: 'ts', ...small, container: 'ts', expected: ['h264', 'aac'] },
    { name: 'flv', ...small, container: 'flv', expected: ['h264', 'aac'] },
    { name: 'hevc', ...small, videoCodec: 'hevc', expected: ['hevc', 'aac'] },
    { name: 'webm', ...small, container: 'webm', videoCodec: 'vp9', audioCodec: 'opus', expected: ['vp9', 'opus'] },
    {
      name: 'mpeg2',
      ...small,
      container: 'ts',
      videoCodec: 'mpeg2',
      audioCodec: 'mp3',
      expected: ['mpeg2video', 'mp3'],
    },
    {
      name: 'mpeg4',
      ...small,
      container: 'avi',
      videoCodec: 'mpeg4',
      audioCodec: 'pcm',
      expected: ['mpeg4', 'pcm_s16le'],
    },
    { name: 'mjpeg', ...small, container: 'mov', videoCodec: 'mjpeg', audio: 'none', expected: ['mjpeg'] },
    { name: 'high422', ...small, profile: 'high422', pixelFormat: 'yuv422p', expected: ['h264', 'aac'] },
    { name: 'late-index', ...small, faststart: false, audio: 'silence', expected: ['h264', 'aac'] },
    { name: 'song', ...small, container: 'mp3', audioCodec: 'mp3', pattern: 'none', expected: ['mp3'] },
    { name: 'song', ...small, container: 'flac', audioCodec: 'flac', pattern: 'none', expected: ['flac'] },
    { name: 'song', ...small, container: 'm4a', pattern: 'none', sampleRateHz: 48_000, channels: 1, expected: ['aac'] },
    { name: 'still', ...small, container: 'png', color: 'blue', expected: ['png'] },
    { name: 'still', ...small, container: 'jpg', color: 'blue', expected: ['mjpeg'] },
    { name: 'moving', ...small, container: 'gif', videoCodec: 'gif', pattern: 'testsrc2', fps: 10, expected: ['gif'] },
  ];

  test.for(recipes)('$name in $container holds $expected', { tags: 'long' }, async ({ expected, ...recipe }) => {
    const file = await makeMedia(recipe);
    expect((await probe(file)).map((stream) => stream['codec_name'])).toEqual(expected);
    expect(await decodeErrors(file)).toEqual([]);
  });
});

describe('pictures', () => {
  test.for([
    'red',
    'lime',
    'blue',
    'white',
    'black',
    'yellow',
    'cyan',
    'magenta',
    'gray',
    'orange',
    'purple',
    'green',
  ] as const)('%s is told from the others after encoding', async (color) => {
    const file = await makeMedia({ name: color, color, seconds: 1, size: '320x180', audio: 'none' });
    expect(await colourNameAt(file, 0.5)).toBe(color);
  });

  test('are found at their time in a file of several colours, also in one without an index', async () => {
    const parts = [];
    for (const color of ['red', 'blue'] as const)
      parts.push(await makeMedia({ name: color, color, seconds: 2, container: 'ts' }));
    const joined = join(workspace.dir, 'joined.flv');
    await runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-i', `concat:${parts.join('|')}`, '-c', 'copy', joined]);
    expect(await colourNameAt(joined, 0)).toBe('red');
    expect(await colourNameAt(joined, 1.5)).toBe('red');
    expect(await colourNameAt(joined, 2.5)).toBe('blue');
    await expect(averageColour(joined, 30)).rejects.toThrow('no picture at 30 s');
    const timeline = await colourTimeline(joined, 0.5);
    expect(timeline.slice(0, 3)).toEqual(['red', 'red', 'red']);
    expect(timeline.slice(-3)).toEqual(['blue', 'blue', 'blue']);
    expect(Math.abs(timeline.length - 8)).toBeLessThanOrEqual(1);
  });

  test('near colours go by the name of the nearest', () => {
    expect(nearestColourName({ r: 250, g: 10, b: 5 })).toBe('red');
    expect(nearestColourName({ r: 10, g: 120, b: 10 })).toBe('green');
  });

  test('damage shows as decode errors', async () => {
    const broken = join(workspace.dir, 'broken.mp4');
    copyFileSync(await makeMedia({ name: 'house', seconds: 6 }), broken);
    truncateSync(broken, 30_000);
    expect((await decodeErrors(broken)).length).toBeGreaterThan(0);
  });
});
