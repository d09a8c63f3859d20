import { videoEncoder } from '../../../src/actuate/ffmpeg/picture-argv.ts';
import type { HouseFormat } from '../../../src/reconcile/model/playout.ts';
import { HOUSE_AUDIO } from '../../../src/reconcile/playout/house-format.ts';
import { makeFile, makeMedia, type MediaRecipe } from '../../fixtures/media-maker.ts';

/** A kind of media, by what has to be done to it, and the raw FFmpeg that does the same. */
export interface Work {
  readonly title: string;
  readonly format: HouseFormat;
  /** The objects it takes, by key. */
  readonly files: () => Promise<Readonly<Record<string, string>>>;
  /** `media:` of desired.yaml, and what else it needs there. */
  readonly desired: string;
  /** What raw FFmpeg plays, by key; the first brings the picture, the last the sound. */
  readonly inputs: readonly string[];
  /** What raw FFmpeg does to it. */
  readonly raw: readonly string[];
  /** So many more objects lie under the prefix. */
  readonly more?: number;
  /** Its first item is encoded until what it takes is made ready; the next one is measured. */
  readonly copiedLater?: boolean;
}

const HD: HouseFormat = { width: 1280, height: 720, fps: 30, videoBitrateKbps: 3000 };
const ENCODED_SOUND = [
  ...['-c:a', 'aac', '-b:a', `${HOUSE_AUDIO.bitrateKbps}k`],
  ...['-ar', String(HOUSE_AUDIO.sampleRateHz), '-ac', String(HOUSE_AUDIO.channels)],
];
const PICTURE_COPIED = ['-c:v', 'copy', ...ENCODED_SOUND];
/** Longer than the start, the reservoir and the measuring together, so that no item ends meanwhile. */
const REPEATS = 9;
const SECONDS = 15;

export const WORKS: readonly Work[] = [
  {
    title: 'copy',
    format: HD,
    files: async () => ({ 'copy.mp4': await picture({}) }),
    desired: 'media: copy.mp4',
    inputs: ['copy.mp4'],
    raw: ['-c', 'copy'],
  },
  {
    title: 'copy, 10,000 objects under the prefix',
    format: HD,
    files: async () => ({ 'many/0.mp4': await picture({}) }),
    desired: 'media: many/',
    inputs: ['many/0.mp4'],
    raw: ['-c', 'copy'],
    more: 10_000,
  },
  {
    title: 'sound at 48 kHz',
    format: HD,
    files: async () => ({ 'sound.mp4': await picture({ sampleRateHz: 48_000 }) }),
    desired: 'media: sound.mp4',
    inputs: ['sound.mp4'],
    raw: PICTURE_COPIED,
  },
  {
    title: 'song under a clip',
    format: HD,
    files: async () => ({ 'one.mp3': await song(), 'two.mp3': await song(), 'clip.mp4': await clip() }),
    desired: 'media: [one.mp3, two.mp3]\nvisual: clip.mp4',
    inputs: ['clip.mp4', 'one.mp3'],
    raw: PICTURE_COPIED,
    copiedLater: true,
  },
  encode('480p30', { width: 854, height: 480, fps: 30, videoBitrateKbps: 1500 }),
  encode('720p30', HD),
  encode('720p60', { ...HD, fps: 60, videoBitrateKbps: 4500 }),
  encode('1080p30', { width: 1920, height: 1080, fps: 30, videoBitrateKbps: 4500 }),
];

/** Key frames too far apart and sound at another rate: nothing of it can be copied. */
function encode(name: string, format: HouseFormat): Work {
  const { width, height, fps, videoBitrateKbps } = format;
  const recipe = { size: `${width}x${height}`, fps, bitrateKbps: videoBitrateKbps, gopS: 5, sampleRateHz: 48_000 };
  return {
    title: `all encoded, ${name}`,
    format,
    files: async () => ({ [`${name}.mp4`]: await picture(recipe) }),
    desired: `media: ${name}.mp4`,
    inputs: [`${name}.mp4`],
    raw: [...videoEncoder(format), ...ENCODED_SOUND],
  };
}

/**
 * FFmpeg's test picture, repeated without encoding it again, and one sound as long as all of it: one that is repeated with
 * the picture moves each repetition by part of a frame of sound, and the rate of frames told is not the house's any more.
 */
async function picture({ sampleRateHz = 44_100, ...recipe }: Partial<MediaRecipe>): Promise<string> {
  const whole = {
    name: 'bench-cost',
    pattern: 'testsrc2',
    seconds: SECONDS,
    bitrateKbps: 2500,
    audio: 'none',
  } as const;
  const once = await makeMedia({ ...whole, ...recipe });
  const sound = `sine=f=440:r=${sampleRateHz}:d=${SECONDS * REPEATS}`;
  const inputs = ['-stream_loop', String(REPEATS - 1), '-i', once, '-f', 'lavfi', '-i', sound];
  const codecs = ['-c:v', 'copy', '-c:a', 'aac', '-b:a', '128k', '-ac', '2'];
  return makeFile({
    name: 'bench-cost-long',
    container: 'mp4',
    args: [...inputs, ...codecs, '-movflags', '+faststart'],
  });
}

const song = (): Promise<string> =>
  makeMedia({ name: 'bench-song', pattern: 'none', audioCodec: 'mp3', container: 'mp3', seconds: 4 * SECONDS });

const clip = (): Promise<string> =>
  makeMedia({ name: 'bench-cost', pattern: 'testsrc2', seconds: SECONDS, bitrateKbps: 2500, audio: 'none' });
