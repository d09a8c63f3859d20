import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, itemOnAir, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { type ColourName, decodeErrors } from '../../fixtures/picture.ts';
import { looks } from '../../fixtures/recording.ts';
import { STAGE_SIZE } from '../../fixtures/stage-media.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';

/** One a second: the picture tells how far the clip is. */
const SECONDS: readonly ColourName[] = ['white', 'red', 'lime', 'blue', 'yellow', 'cyan', 'magenta', 'black'];

/** As long as one is shown it may be any moment of it. */
const ONE_COLOUR_S = 1;

async function uploadClip(stage: Stage): Promise<void> {
  const colours = SECONDS.flatMap((colour) => [
    '-f',
    'lavfi',
    '-t',
    '1',
    '-i',
    `color=c=${colour}:s=${STAGE_SIZE}:r=30`,
  ]);
  const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '60', '-pix_fmt', 'yuv420p', '-an'];
  const args = [...colours, '-filter_complex', `concat=n=${SECONDS.length}`, ...encoder];
  stage.store.putFile('media', 'clip.mp4', await makeFile({ name: 'seconds', container: 'mp4', args }));
}

/** An `.aac` does not tell its length. */
async function uploadSong(stage: Stage, key: string, seconds: number, codec: string): Promise<void> {
  const container = key.split('.').at(-1) ?? '';
  const args = ['-f', 'lavfi', '-t', String(seconds), '-i', 'sine', '-c:a', codec, '-ac', '2', '-b:a', '128k'];
  stage.store.putFile('media', key, await makeFile({ name: 'song', container, args }));
}

const mediaTimeS = (stage: Stage): number =>
  (framesOf(currentSession(stage.sink), 'video').at(-1)?.timestampMs ?? 0) / 1000;

const copied = (daemon: Daemon, item: string): Promise<unknown> =>
  healthEventually(
    daemon,
    ({ playout }) => playout?.item === item && playout.picture === 'copy' && playout.sound === 'transcode',
    { what: `${item} over a copied clip`, timeoutMs: 90_000 },
  );

/** How far apart, in all, the clip was from one that runs without end; seconds, to two looks. */
async function worstJump(stage: Stage, fromS: number): Promise<number> {
  const file = join(stage.dir, 'so-far.flv');
  copyFileSync(currentSession(stage.sink).file ?? '', file);
  const seen = (await looks(file)).filter(({ atS }) => atS > fromS);
  const round = SECONDS.length;
  const inRound = (s: number): number => ((s % round) + round) % round;
  const begins = seen.map(({ atS, middle }) => inRound(SECONDS.indexOf(middle) + 0.5 - atS));
  const first = begins[0] ?? 0;
  const off = begins.map((s) => inRound(s - first + round / 2) - round / 2);
  return Math.max(...off) - Math.min(...off) - ONE_COLOUR_S;
}

/** Clips are brought into house format with what the machine has to spare: that of the songs, then that of the slate. */
const clipsMade = (stage: Stage, atLeast: number): Promise<void> =>
  eventually(
    () => {
      const clips = readdirSync(stage.stateDir).filter((name) => /^clip-.*json$/.test(name));
      expect(clips.length).toBeGreaterThanOrEqual(atLeast);
    },
    { timeoutMs: 180_000 },
  );

/** The slate is on air, and its playout encodes no picture. */
const slateCopied = (daemon: Daemon): Promise<void> =>
  eventually(
    async () => {
      const { playout } = await daemon.health();
      expect(playout?.item).toBeNull();
      expect(readFileSync(`/proc/${playout?.pid}/cmdline`, 'utf8')).toContain('-c:v\0copy');
    },
    { timeoutMs: 60_000 },
  );

/** A frame of sound, and at a join at most 50 ms more. */
const LONGEST_SOUND_STEP_MS = 74;

onStage.concurrent(
  'songs are played over a clip that is copied and goes on from one to the next, and the slate is copied too',
  { timeout: 400_000 },
  async ({ stage }) => {
    await uploadClip(stage);
    for (const key of ['first.mp3', 'second.mp3']) await uploadSong(stage, key, 4, 'libmp3lame');
    stage.wish({ media: '[first.mp3, second.mp3]', visual: 'clip.mp4' });
    const { daemon } = await goOnAir(stage);
    await clipsMade(stage, 1);
    await copied(daemon, 'first.mp3');
    await copied(daemon, 'second.mp3');
    const fromS = mediaTimeS(stage);
    await copied(daemon, 'first.mp3');
    await videoAdvances(stage.sink, 2_000);
    expect(await worstJump(stage, fromS)).toBeLessThan(1.3);
    expect(stage.sink.sessions).toHaveLength(1);
    expect(await decodeErrors(currentSession(stage.sink).file ?? '')).toEqual([]);
    const sinceThen = ({ fromMs }: { readonly fromMs: number }): boolean => fromMs > fromS * 1000;
    expect(mediaGaps(currentSession(stage.sink), 'audio', LONGEST_SOUND_STEP_MS).filter(sinceThen)).toEqual([]);
    await clipsMade(stage, 2);
    stage.wish({ media: 'gone.mp4', visual: 'clip.mp4' });
    await slateCopied(daemon);
    await videoAdvances(stage.sink, 12_000);
    stage.wish({ media: 'first.mp3', visual: 'clip.mp4' });
    await copied(daemon, 'first.mp3');
    await videoAdvances(stage.sink, 2_000);
    expect(stage.sink.sessions).toHaveLength(1);
    for (const stream of ['video', 'audio'] as const)
      expect(mediaGaps(currentSession(stage.sink), stream, 300)).toEqual([]);
  },
);

onStage.concurrent(
  'what is shown under songs is copied and goes on over them, over one that broke off, and over a restart of the daemon',
  { timeout: 480_000, tags: 'long' },
  async ({ stage }) => {
    await uploadClip(stage);
    await stage.upload('film.mp4', { seconds: 60 });
    await uploadSong(stage, 'first.mp3', 5, 'libmp3lame');
    await uploadSong(stage, 'long.flac', 32.4, 'flac');
    await uploadSong(stage, 'untold.aac', 9.7, 'aac');
    await uploadSong(stage, 'last.m4a', 7.1, 'aac');
    await uploadSong(stage, 'opus.ogg', 60, 'libopus');
    stage.wish({ media: '[film.mp4, first.mp3]', visual: 'clip.mp4' });
    const { daemon } = await goOnAir(stage);
    await clipsMade(stage, 1);
    stage.wish({ media: '[long.flac, untold.aac, last.m4a, opus.ogg]', visual: 'clip.mp4' });
    await copied(daemon, 'long.flac');
    await videoAdvances(stage.sink, 1_000);
    const fromS = mediaTimeS(stage);
    const { playout } = await daemon.health();
    if (typeof playout?.pid === 'number') process.kill(playout.pid, 'SIGKILL');
    daemon.kill('SIGKILL');
    await daemon.exited;
    const next = await stage.start();
    for (const item of ['untold.aac', 'last.m4a', 'opus.ogg']) await itemOnAir(next, item, 0, 90_000);
    await videoAdvances(stage.sink, 3_000);
    expect(await worstJump(stage, fromS)).toBeLessThan(1.3);
    expect(stage.sink.sessions).toHaveLength(1);
    expect(mediaGaps(currentSession(stage.sink), 'video', 300)).toEqual([]);
    expect(mediaGaps(currentSession(stage.sink), 'audio', 300)).toEqual([]);
  },
);
