import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runToolOk } from '../fixtures/run-tool.ts';

/** A clip of streaks that move over a plain colour: rain, embers, whatever the colour suggests. */
interface Clip {
  readonly key: string;
  readonly colour: string;
  readonly seconds: number;
  /** Share of the picture's height per frame; negative falls, positive rises. */
  readonly scroll: number;
  /** Rows the noise is made of: fewer make longer streaks. */
  readonly rows: number;
}

/** What the sample desired.yaml asks for. Its streaks are after 10 s where they were at first, so its loop has no seam. */
const FIRST: Clip = { key: 'loops/rain.mp4', colour: '0x16283c', seconds: 10, scroll: -0.07, rows: 24 };

const MORE: readonly Clip[] = [
  { key: 'loops/fire.mp4', colour: '0xa03008', seconds: 8, scroll: 0.03, rows: 60 },
  { key: 'shows/1.mp4', colour: '0x1c6b2c', seconds: 6, scroll: -0.01, rows: 90 },
  { key: 'shows/2.mp4', colour: '0x5a2080', seconds: 6, scroll: 0.01, rows: 90 },
  { key: 'shows/10.mp4', colour: '0x107080', seconds: 6, scroll: -0.03, rows: 12 },
];

const MAX_MS = 120_000;

/** Makes the first clip in this directory, of house format, so that it is copied and not encoded again. */
export const makeFirstClip = (dir: string): Promise<void> => makeClip(dir, FIRST);

/** Makes the others, one after the other; each is complete once it is there. */
export async function makeMoreClips(dir: string): Promise<void> {
  for (const clip of MORE) await makeClip(dir, clip);
}

async function makeClip(dir: string, clip: Clip): Promise<void> {
  const path = join(dir, clip.key);
  const temporary = `${dir}.making.mp4`;
  await mkdir(dirname(path), { recursive: true });
  await runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...clipArgs(clip), temporary], { timeoutMs: MAX_MS });
  await rename(temporary, path);
}

/** One still of noise, stretched to streaks and scrolled, costs little: a clip is made at several times its speed. */
function clipArgs({ colour, seconds, scroll, rows }: Clip): string[] {
  const streaks = [
    `color=gray:s=426x${rows}:r=30,format=gray,noise=c0s=100:c0f=u:c0_seed=7`,
    `lutyuv=y='if(gt(val,172),110,0)',select='eq(n,0)',scale=1280x720:flags=bilinear,format=yuv420p`,
    `lutyuv=u=128:v=128,loop=-1:1:0,setpts=N/30/TB,scroll=v=${scroll}`,
  ];
  const mix = '[0:v][1:v]blend=c0_mode=addition:c1_mode=normal:c2_mode=normal,format=yuv420p,setsar=1[v]';
  return [
    ...['-f', 'lavfi', '-i', `color=${colour}:s=1280x720:r=30`],
    ...['-f', 'lavfi', '-i', streaks.join(',')],
    ...['-f', 'lavfi', '-i', 'anoisesrc=c=pink:r=44100:a=0.15'],
    ...['-filter_complex', `${mix};[2:a]lowpass=f=2500,aformat=channel_layouts=stereo[a]`],
    ...['-map', '[v]', '-map', '[a]', '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-keyint_min', '60'],
    ...['-x264-params', 'scenecut=0:open-gop=0', '-b:v', '2200k', '-maxrate', '2400k', '-bufsize', '2400k'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ar', '44100', '-ac', '2', '-movflags', '+faststart'],
  ];
}
