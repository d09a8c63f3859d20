import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Outcome, streamctl } from '../cli/streamctl.ts';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { makeFile, makeMedia } from '../fixtures/media-maker.ts';
import { averageColour, colourNameAt } from '../fixtures/picture.ts';
import { runTool, runToolOk } from '../fixtures/run-tool.ts';
import { STAGE_SIZE, stageMedia } from '../fixtures/stage-media.ts';
import { mediaGaps } from '../fixtures/stream-analysis.ts';
import { freePort } from '../fixtures/workspace.ts';
import { currentSession, firstPicture, onAirWith, openStudio, recordingOf, SLATE, type Studio } from './studio.ts';

const SECONDS = 60;

let studio: Studio;
/** Items that get brighter all the time, so that a picture tells its place: one is copied on air, one is encoded. */
const CLOCKS = {
  copied: { mode: 'copy', size: STAGE_SIZE, fps: 30 },
  encoded: { mode: 'transcode', size: '480x360', fps: 25 },
} as const;

function makeClock({ size, fps }: (typeof CLOCKS)[keyof typeof CLOCKS]): Promise<string> {
  const picture = `color=black:s=32x18:r=${fps},geq=lum='30+T*3':cb=128:cr=128,scale=${size.replace('x', ':')},setsar=1`;
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', String(fps * 2)];
  const inputs = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', 'anullsrc=r=44100'];
  const sound = ['-c:a', 'aac', '-ac', '2'];
  const limit = ['-t', String(SECONDS), '-movflags', '+faststart'];
  return makeFile({ name: 'clock', container: 'mp4', args: [...inputs, ...encoder, ...sound, ...limit] });
}

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

const snapshot = (daemon: Daemon, file: string): Promise<Outcome> =>
  streamctl(['snapshot', file], {
    cwd: studio.dir,
    // At the lowest priority it takes as long as everybody else lets it.
    timeoutMs: 60_000,
    env: { ...studio.env, STREAM_CONFIG_DIR: studio.configDir, STREAM_CONTROLLER_PORT: String(daemon.port) },
  });

const brightness = ({ r, g, b }: { r: number; g: number; b: number }): number => (r + g + b) / 3;

/** What the ingest has been sent last. */
async function lastAtIngest(): Promise<number> {
  const middle = ['-vf', 'crop=iw/8:ih/8,scale=1:1:flags=area'];
  const input = ['-nostdin', '-v', 'error', '-i', recordingOf(currentSession(studio.sink)), '-an'];
  const { stdout } = await runTool('ffmpeg', [...input, ...middle, '-f', 'rawvideo', '-pix_fmt', 'gray', '-']);
  const last = stdout.at(-1);
  if (last === undefined) throw new Error('the ingest has no picture');
  return last;
}

/** The place within the clock that is so bright, seconds. */
async function clockReading(path: string): Promise<(brightness: number) => number> {
  const [early, late] = [brightness(await averageColour(path, 2)), brightness(await averageColour(path, 58))];
  return (value) => 2 + ((value - early) / (late - early)) * 56;
}

describe('streamctl snapshot', { timeout: 180_000 }, () => {
  /** The item is on air, and a snapshot shows the place that is at the ingest; the PNG is `now.png`. */
  async function showsTheMoment(name: keyof typeof CLOCKS): Promise<Daemon> {
    const clock = await makeClock(CLOCKS[name]);
    studio.store.putFile('media', 'clock.mp4', clock);
    studio.wish({ media: 'clock.mp4' });
    const daemon = await studio.start();
    const session = await firstPicture(studio.sink);
    const before = await onAirWith(daemon, 'clock.mp4');
    expect(before.playout?.mode).toBe(CLOCKS[name].mode);
    await healthEventually(daemon, ({ playout }) => (playout?.positionMs ?? 0) > 4_000, {
      what: 'some seconds on air',
    });

    const reading = await clockReading(clock);
    const fromS = reading(await lastAtIngest());
    const { code, stdout, stderr } = await snapshot(daemon, 'now.png');
    const toS = reading(await lastAtIngest());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^now\.png: "clock\.mp4" at \d+ s\n$/);
    const png = join(studio.dir, 'now.png');
    const { stdout: size } = await runToolOk('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=width,height',
      '-of',
      'csv=p=0',
      png,
    ]);
    expect(size.toString().trim()).toBe(STAGE_SIZE.replace('x', ','));
    const middle = join(studio.dir, 'middle.png');
    await runToolOk('ffmpeg', ['-v', 'error', '-i', png, '-vf', 'crop=iw/8:ih/8', middle]);
    const shownS = reading(brightness(await averageColour(middle, 0)));
    expect(shownS).toBeGreaterThan(fromS - 1);
    expect(shownS).toBeLessThan(toS + 1);

    const after = await daemon.health();
    expect(after.playout?.pid).toBe(before.playout?.pid);
    expect(studio.sink.sessions).toHaveLength(1);
    expect(mediaGaps(session, 'video', 100)).toEqual([]);
    expect(readdirSync(studio.dir).filter((entry) => entry.includes('.tmp'))).toEqual([]);
    return daemon;
  }

  // It asks the store for the place, however the item is played.
  test('shows the picture on air, within a second, of an item that is encoded', { tags: 'long' }, async () => {
    await showsTheMoment('encoded');
  });

  test('shows the picture on air, within a second, and leaves its file alone when no picture can be had', async () => {
    const daemon = await showsTheMoment('copied');
    const kept = readFileSync(join(studio.dir, 'now.png'));
    studio.store.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    const { code, stderr } = await snapshot(daemon, 'now.png');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^streamctl: [A-Z]\w+: [^\n]+\n$/);
    expect(readFileSync(join(studio.dir, 'now.png'))).toEqual(kept);
  });

  test('shows slate and visual while they are on air, also on stdout', { tags: 'long' }, async () => {
    studio.store.putFile('media', 'visual.mp4', await stageMedia({ color: 'lime' }));
    studio.store.putFile(
      'media',
      'song.m4a',
      await makeMedia({ name: 'song', pattern: 'none', container: 'm4a', seconds: 30 }),
    );
    studio.wish({ media: 'late.mp4' });
    const daemon = await studio.start();
    await firstPicture(studio.sink);
    await healthEventually(daemon, ({ status }) => status === 'degraded', { what: 'the slate' });
    expect(await snapshot(daemon, 'slate.png')).toEqual({ code: 0, stdout: 'slate.png: the slate\n', stderr: '' });
    expect(await colourNameAt(join(studio.dir, 'slate.png'), 0)).toBe(SLATE);

    studio.wish({ media: 'song.m4a', visual: 'visual.mp4' });
    await onAirWith(daemon, 'song.m4a');
    expect((await snapshot(daemon, 'song.png')).stdout).toBe('song.png: under "song.m4a"\n');
    expect(await colourNameAt(join(studio.dir, 'song.png'), 0)).toBe('lime');

    const { stdout } = await snapshot(daemon, '-');
    expect(stdout.slice(1, 4)).toBe('PNG');
  });

  test('says in one line why there is none, exit 1, and writes nothing', async () => {
    studio.wish({ media: 'clock.mp4', running: 'false' });
    const daemon = await studio.start();
    await healthEventually(daemon, ({ status }) => status === 'stopped', { what: 'stopped' });
    const off = await snapshot(daemon, 'now.png');
    expect(off).toMatchObject({ code: 1, stdout: '' });
    expect(off.stderr).toMatch(/^streamctl: nothing is on air: stopped StoppedByFile: [^\n]+\n$/);
    const silent = await streamctl(['snapshot', 'now.png'], {
      cwd: studio.dir,
      env: { STREAM_CONFIG_DIR: studio.configDir, STREAM_CONTROLLER_PORT: String(await freePort()) },
    });
    expect(silent).toMatchObject({ code: 1, stdout: '' });
    expect(silent.stderr).toMatch(/^streamctl: no daemon answers on [^\n]+\n$/);
    expect(readdirSync(studio.dir)).not.toContain('now.png');
  });
});
