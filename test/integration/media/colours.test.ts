import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlayoutSpec } from '../../../src/reconcile/model/playout.ts';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { hdrOf } from '../../../src/reconcile/playout/colours.ts';
import { decideCopy } from '../../../src/reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../../src/reconcile/playout/house-format.ts';
import { slateSpec } from '../../../src/reconcile/playout/spec.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { DESIRED, playoutOf } from '../raw-pipeline.ts';
import { asItem, probed } from './probed.ts';

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace();
});

afterAll(() => workspace.cleanup());

const BRIGHT_GREEN = 'color=c=0x00ff00:r=30';
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-t', '1'];
const tagged = (matrix: string, primaries = 'bt709', transfer = 'bt709'): readonly string[] => [
  ...['-colorspace', matrix, '-color_primaries', primaries, '-color_trc', transfer, '-color_range', 'tv'],
];

/** One colour in a file, by the matrix named. */
const file = (
  name: string,
  container: string,
  { size = '640x360', filter = 'null', args = X264, sound = true }: Partial<Making> = {},
): Promise<string> => {
  const heard = sound ? ['-f', 'lavfi', '-i', 'sine=r=44100', '-c:a', 'aac', '-ac', '2'] : [];
  const picture = ['-f', 'lavfi', '-i', `${BRIGHT_GREEN}:s=${size},format=gbrp,${filter}`];
  return makeFile({ name: `green-${name}`, container, args: [...picture, ...heard, ...args, '-fflags', '+bitexact'] });
};

interface Making {
  readonly size: string;
  readonly filter: string;
  readonly args: readonly string[];
  readonly sound: boolean;
}

const by = (matrix: string, range = 'tv'): string =>
  `scale=out_color_matrix=${matrix}:out_range=${range},format=yuv420p`;
const ONE = ['-frames:v', '1'];

type Kind = readonly [string, () => Promise<string>];

const KINDS: readonly Kind[] = [
  [
    'a PNG with an alpha channel, larger than HD',
    () => file('rgba', 'png', { size: '2000x1400', filter: 'format=rgba', args: ONE, sound: false }),
  ],
  ['a JPEG', () => file('jpeg', 'jpg', { size: '1600x900', filter: by('bt601', 'pc'), args: ONE, sound: false })],
  ['H.264 in RGB', () => file('rgb', 'mkv', { args: ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-t', '1'] })],
  ['untagged SD', () => file('sd', 'mp4', { size: '720x576', filter: by('bt601') })],
  [
    'HD that is tagged BT.601',
    () => file('hd601', 'mp4', { size: '1280x720', filter: by('bt601'), args: [...X264, ...tagged('smpte170m')] }),
  ],
  [
    'full range',
    () =>
      file('full', 'mp4', {
        size: '1280x720',
        filter: `${by('bt709', 'pc')},format=yuvj420p`,
        args: [...X264, '-colorspace', 'bt709'],
      }),
  ],
  [
    '10 bit, 4:2:2, untagged SD',
    () => file('422', 'mkv', { size: '720x480', filter: `${by('bt601')},format=yuv422p10le`, args: X264 }),
  ],
];

/** Of which `KINDS` has others. */
const KINDS_TOO: readonly Kind[] = [
  ['a PNG', () => file('png', 'png', { args: ONE, sound: false })],
  ['a WebP', () => file('webp', 'webp', { size: '1600x900', args: ONE, sound: false })],
  ['a GIF that moves', () => file('gif', 'gif', { args: ['-t', '1'], sound: false })],
  ['untagged SD without sound', () => file('mute', 'mp4', { size: '352x288', filter: by('bt601'), sound: false })],
  ['untagged HD', () => file('hd', 'mp4', { size: '1280x720', filter: by('bt709') })],
];

interface Shown {
  readonly tags: string;
  readonly rgb: readonly number[];
}

/** How a player that goes by the tags, or by BT.709, shows what the playout writes. */
async function shown(spec: PlayoutSpec, path: string | null): Promise<Shown> {
  const bytes = await playoutOf(spec, path, { more: spec.kind === 'slate' ? ['-t', '1'] : [] });
  const written = join(workspace.dir, 'written.ts');
  await writeFile(written, bytes);
  const entries = 'stream=pix_fmt,color_range,color_space,color_transfer,color_primaries';
  const probing = ['-v', 'error', '-select_streams', 'v', '-show_entries', entries, '-of', 'csv=p=0', written];
  const tags = await runToolOk('ffprobe', probing);
  const filter = 'format=yuv444p,scale=in_color_matrix=bt709:in_range=tv:out_range=pc,format=rgb24,crop=1:1:iw/2:ih/2';
  const decoding = ['-v', 'error', '-i', written, '-frames:v', '1', '-vf', filter, '-f', 'rawvideo', 'pipe:1'];
  const { stdout } = await runToolOk('ffmpeg', decoding);
  return { tags: tags.stdout.toString().trim().split('\n')[0] ?? '', rgb: [...stdout] };
}

const TAGS = 'yuv420p,tv,bt709,bt709,bt709';
const near = (rgb: readonly number[], wanted: readonly number[]): boolean =>
  rgb.length === 3 && rgb.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) <= 12);
const expectGreen = ({ tags, rgb }: Shown): void => {
  expect(tags).toBe(TAGS);
  expect(near(rgb, [0, 255, 0]), `shown as ${rgb.join(',')}`).toBe(true);
};

const HDR_OF_GREEN = (transfer: string): string =>
  `${by('bt709')},zscale=rin=limited:tin=bt709:pin=bt709:min=bt709:t=${transfer}:p=bt2020:m=bt2020nc:r=limited:npl=203,format=yuv420p10le`;
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error', '-t', '1'];

describe('HDR', () => {
  test.each([
    ['PQ', 'smpte2084', 'mp4', HEVC],
    ['HLG', 'arib-std-b67', 'mp4', HEVC],
    ['PQ in H.264, 10 bit', 'smpte2084', 'mkv', X264],
  ] as const)('%s is tone mapped', async (kind, transfer, container, encoder) => {
    const args = [...encoder, ...tagged('bt2020nc', 'bt2020', transfer)];
    const path = await file(`hdr-${kind.length}-${transfer}`, container, { filter: HDR_OF_GREEN(transfer), args });
    const facts = await probed(path);
    expect(hdrOf(facts.video)).toBe(transfer === 'smpte2084' ? 'PQ' : 'HLG');
    const { tags, rgb } = await shown(asItem(facts, NO_ARTWORK), path);
    expect(tags).toBe(TAGS);
    // The brightest green that SDR has stands below what HDR has beyond it. Untouched, it is 139 and not even pure.
    const [red = 0, green = 0, blue = 0] = rgb;
    expect(green, `shown as ${rgb.join(',')}`).toBeGreaterThan(190);
    expect(Math.max(red, blue), `shown as ${rgb.join(',')}`).toBeLessThan(80);
  });

  test('wide colours without it become what they are in BT.709', async () => {
    const filter = `${by('bt709')},colorspace=all=bt2020:iall=bt709:irange=tv:range=tv:format=yuv420p`;
    const path = await file('wide', 'mp4', { filter, args: [...X264, ...tagged('bt2020nc', 'bt2020', 'bt2020-10')] });
    const facts = await probed(path);
    expect(decideCopy(facts, houseFormat(DESIRED), 'auto').picture).toBe('transcode');
    expectGreen(await shown(asItem(facts, NO_ARTWORK), path));
  });
});

describe('whatever its colours are by, it is sent in BT.709, limited range, and tagged so', () => {
  const sent = async (make: Kind[1]): Promise<void> => {
    const facts = await probed(await make());
    expect(decideCopy(facts, houseFormat(DESIRED), 'auto').picture).toBe('transcode');
    expectGreen(await shown(asItem(facts, NO_ARTWORK), facts.key));
  };

  test.each(KINDS)('%s', (_, make) => sent(make));

  test.each(KINDS_TOO)('%s', { tags: 'long' }, (_, make) => sent(make));

  const sentAsArtwork = async (make: Kind[1]): Promise<void> => {
    const facts = await probed(await make());
    const copy = { facts, path: facts.key };
    expectGreen(await shown(slateSpec(DESIRED, { ...NO_ARTWORK, slate: copy }), null));
    const song = await probed(
      await makeFile({ name: 'song', container: 'mp3', args: ['-f', 'lavfi', '-i', 'sine', '-t', '1'] }),
    );
    expectGreen(await shown(asItem(song, { ...NO_ARTWORK, visual: copy }), song.key));
  };
  const named = (kinds: readonly Kind[], ...names: readonly string[]): readonly Kind[] =>
    kinds.filter(([name]) => names.includes(name));

  test.each(named(KINDS, 'a JPEG'))('%s as slate, and under a song', (_, make) => sentAsArtwork(make));

  test.each([...named(KINDS, 'untagged SD'), ...named(KINDS_TOO, 'a GIF that moves')])(
    '%s as slate, and under a song',
    { tags: 'long' },
    (_, make) => sentAsArtwork(make),
  );

  test('the built-in slate, alone and under a song', async () => {
    const song = await probed(
      await makeFile({ name: 'song', container: 'mp3', args: ['-f', 'lavfi', '-i', 'sine', '-t', '1'] }),
    );
    for (const seen of [
      await shown(slateSpec(DESIRED, NO_ARTWORK), null),
      await shown(asItem(song, NO_ARTWORK), song.key),
    ]) {
      expect(seen.tags).toBe(TAGS);
      expect(near(seen.rgb, [0x16, 0x32, 0x4f]), `shown as ${seen.rgb.join(',')}`).toBe(true);
    }
  });
});
