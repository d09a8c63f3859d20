import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProbe } from '../../../src/observe/probe/output.ts';
import { createProber } from '../../../src/observe/probe/prober.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { makeWorkspace } from '../../fixtures/workspace.ts';

const workspace = makeWorkspace();
const pathOf = (name: string): string => join(workspace.dir, name);
const probe = createProber({ ffprobePath: 'ffprobe', timeoutMs: 60_000, env: { PATH: process.env['PATH'] ?? '' } });
const probed = (name: string) =>
  probe(`file:${pathOf(name)}`, { key: name, version: 'v', sizeBytes: statSync(pathOf(name)).size });
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2'];
const make = (name: string, ...args: readonly string[]): Promise<unknown> =>
  runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, pathOf(name)]);

beforeAll(async () => {
  const key = [
    '-encryption_key',
    '76a6c65c5ea762046bd749a2e632ccbb',
    '-encryption_kid',
    'a7e61c373e219033c21091fa607bf3b8',
  ];
  await make('cenc.mp4', ...picture, ...tone, '-t', '1', ...coded, '-encryption_scheme', 'cenc-aes-ctr', ...key);
  await make(
    'tiny.m4a',
    '-f',
    'lavfi',
    '-i',
    'color=s=2x2:r=1',
    ...tone,
    '-t',
    '2',
    '-c:v',
    'mjpeg',
    '-c:a',
    'aac',
    '-f',
    'mov',
  );
  await make('flat.png', '-f', 'lavfi', '-i', 'color=s=4000x2', '-frames:v', '1');
  const two = ['-map', '0', '-map', '1', '-map', '2', '-t', '1', ...coded, '-ac:a:0', '1'];
  const aside = ['-disposition:a:0', 'comment', '-disposition:a:1', 'default'];
  await make('commented.mkv', ...picture, ...tone, ...tone, ...two, ...aside);
});
afterAll(() => workspace.cleanup());

/** Renames boxes of MP4 without moving anything. */
function patched(name: string, from: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(pathOf(from));
  change(bytes);
  writeFileSync(pathOf(name), bytes);
  return name;
}

describe('what is encrypted', () => {
  const members: readonly (readonly [string, () => string])[] = [
    ['by common encryption in counter mode', () => 'cenc.mp4'],
    [
      'by its pattern mode, as Apple wants it',
      () => patched('cbcs.mp4', 'cenc.mp4', (bytes) => bytes.write('cbcs', bytes.indexOf('schm') + 8)),
    ],
    [
      'in its sound alone',
      () =>
        patched('sound.mp4', 'cenc.mp4', (bytes) => {
          const entry = bytes.indexOf('encv');
          bytes.write('free', bytes.indexOf('sinf', entry));
          bytes.write('avc1', entry);
        }),
    ],
  ];
  it.each(members)('%s is refused for that', async (_how, file) => {
    expect(await probed(file())).toMatchObject({
      kind: 'failed',
      failure: { reason: 'MediaUndecodable', message: expect.stringContaining('it is encrypted') },
    });
  });

  it.each(['encv', 'enca', 'drms', 'drmi', 'aavd'])('is told by the tag %s, too', (tag) => {
    const streams = [{ index: 0, codec_type: 'audio', codec_name: 'aac', codec_tag_string: tag }];
    expect(parseProbe({ streams, format: { format_name: 'mov' } })).toMatchObject({ isEncrypted: true });
  });
});

describe('of several tracks', () => {
  const sounds = (...dispositions: readonly object[]) => ({
    streams: dispositions.map((disposition, index) => ({ index, codec_type: 'audio', disposition })),
    format: { format_name: 'matroska,webm' },
  });
  it.each([
    ['the default one', sounds({}, {}, { default: 1 }), 2],
    ['without flags the first', sounds({}, {}), undefined],
    ['no commentary, though it comes first', sounds({ comment: 1 }, {}), 1],
    [
      'no commentary, though it claims to be the default, as all of Matroska do',
      sounds({ comment: 1, default: 1 }, { default: 1 }),
      1,
    ],
    ['no description for the blind', sounds({ visual_impaired: 1 }, {}), 1],
    ['commentary where there is nothing else', sounds({ comment: 1 }), undefined],
  ])('%s is heard', (_what, json, track) => {
    expect(parseProbe(json)?.audio?.track).toBe(track);
  });

  it('the default one of a real file is found with its own parameters', async () => {
    const result = await probed('commented.mkv');
    expect(result).toMatchObject({ kind: 'ok', value: { audio: { track: 1, channels: 2 } } });
  });

  it('a picture of a few pixels is none: chapter marks leave the sound', async () => {
    const result = await probed('tiny.m4a');
    expect(result).toMatchObject({ kind: 'ok', value: { video: null, audio: { codec: 'aac' } } });
  });

  it('alone such a picture is refused', async () => {
    expect(await probed('flat.png')).toMatchObject({
      kind: 'failed',
      failure: { reason: 'MediaUndecodable', message: expect.stringContaining('under 3 pixels') },
    });
  });

  it('an animated WebP is refused as such', async () => {
    await make('moving.webp', '-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=5', '-t', '1', '-c:v', 'libwebp_anim');
    expect(await probed('moving.webp')).toMatchObject({
      kind: 'failed',
      failure: { reason: 'MediaUndecodable', message: expect.stringContaining('an animated WebP') },
    });
  });

  it('a picture behind one of a few pixels is seen', () => {
    const streams = [2, 640].map((width, index) => ({
      index,
      codec_type: 'video',
      codec_name: 'h264',
      width,
      height: width,
    }));
    expect(parseProbe({ streams, format: { format_name: 'mov,mp4' } })?.video).toMatchObject({ track: 1, width: 640 });
  });
});
