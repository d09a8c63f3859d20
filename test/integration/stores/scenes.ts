import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { HealthWatch } from '../../chaos/health-watch.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import type { Fault } from '../../fixtures/s3-faults.ts';
import { makeSlowEncoder } from '../../fixtures/slow-encoder.ts';
import { STAGE_SIZE } from '../../fixtures/stage-media.ts';
import { colourArrives, currentSession, type Studio, videoAdvances } from '../studio.ts';
import { faultAt, live, once, refusesAll, saidBy, type Scene, secondsSince, told } from './scene.ts';

export const CLIP_S = 10;
const BETWEEN = (key: string): string => JSON.stringify(['blue.mp4', key, 'red.mp4']);
const LIVE_S = 40;
const UNPLAYABLE = 1_150;

/** One object between the clips, and a fault that befalls it alone. */
const objectWith = (key: string, fault: Fault): Scene['prepare'] => {
  return async (studio) => {
    await studio.upload(key, { color: 'lime', seconds: 5 });
    faultAt((request) => request.key === key && request.method === 'GET', fault)(studio);
    return { media: BETWEEN(key) };
  };
};

const uploadShows = async (studio: Studio, last = '2.mp4'): Promise<Readonly<Record<string, string>>> => {
  await studio.upload('shows/1.mp4', { color: 'blue', seconds: CLIP_S });
  await studio.upload(`shows/${last}`, { color: 'red', seconds: CLIP_S });
  return { media: 'shows/' };
};

/** What strikes the whole store while two clips of it are on air: the cause that is told is the store's. */
const outage = (what: string, strike: (studio: Studio) => unknown, heal: (studio: Studio) => unknown): Scene => ({
  what,
  prepare: async () => ({ media: '[blue.mp4, red.mp4]' }),
  play: async (studio, daemon) => {
    await live(daemon, 'blue.mp4');
    const watch = new HealthWatch(daemon);
    await strike(studio);
    await once(daemon, 'the slate', ({ playout }) => playout !== null && playout.item === null);
    await videoAdvances(currentSession(studio.sink), 3_000);
    await watch.stop();
    const last = await daemon.health();
    await heal(studio);
    expect(watch.said.map(({ reason }) => reason)).not.toContain('UplinkSilent');
    expect(last.reason).toMatch(/^Storage/);
    await once(daemon, 'the programme', (report) => report.status === 'live' && report.playout?.item !== null);
    return saidBy(last);
  },
  seen: /^blue (red |blue )*slate (red|blue)/,
});

/** What is odd about an object, or about the machine that plays it. */
export const OF_OBJECTS: readonly Scene[] = [
  {
    what: 'an object that the store sends as packed (`content-encoding: gzip`), which it is not',
    prepare: objectWith('packed.mp4', { kind: 'content-encoding', encoding: 'gzip' }),
    play: (_, daemon) => told(daemon, 'content-encoding: gzip, which it is not', 'red.mp4'),
    seen: /^blue red/,
  },
  {
    what: 'an object whose inspection hangs: the store takes requests for it, and never answers',
    prepare: objectWith('silent.mp4', { kind: 'hang' }),
    play: async (_, daemon) => {
      await told(daemon, '"silent.mp4"', 'red.mp4');
      const said = await told(daemon, 'so upload "silent.mp4" anew', 'blue.mp4');
      await told(daemon, '"silent.mp4"', 'red.mp4');
      return said;
    },
    seen: /^blue red blue red/,
  },
  {
    what: 'a machine that encodes an item at 0.3 of the clock',
    prepare: async (studio) => {
      await studio.upload('heavy.mp4', { color: 'lime', seconds: 60, fps: 25, bitrateKbps: 1_500, cbr: true });
      return { media: BETWEEN('heavy.mp4') };
    },
    env: ({ dir }) => ({ FFMPEG_PATH: makeSlowEncoder(dir, 0.3) }),
    play: (_, daemon) => told(daemon, '"heavy.mp4" too slowly', 'red.mp4'),
    seen: /^blue (lime |slate )*red/,
  },
  {
    what: `an item of ${LIVE_S} s whose length is not told, its FFmpeg killed (SIGKILL) in mid-item`,
    prepare: async ({ store }) => {
      const inputs = [`color=lime:s=${STAGE_SIZE}:r=30`, 'sine=r=44100'].flatMap((input) => [
        '-f',
        'lavfi',
        '-i',
        input,
      ]);
      const how = ['-t', String(LIVE_S), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-live', '1'];
      store.putFile('media', 'live.mkv', await makeFile({ name: 'live', container: 'mkv', args: [...inputs, ...how] }));
      return { media: BETWEEN('live.mkv') };
    },
    play: async (_, daemon) => {
      const { playout } = await once(
        daemon,
        'it on air for some seconds',
        (report) => report.playout?.item === 'live.mkv' && (report.playout.positionMs ?? 0) > 3_000,
      );
      if (playout === null || playout.pid === null) throw new Error('its FFmpeg has ended already');
      process.kill(playout.pid, 'SIGKILL');
      return live(daemon, 'red.mp4');
    },
    seen: /^blue lime red/,
    limeS: LIVE_S,
  },
];

/** What is odd about a store. */
export const OF_STORES: readonly Scene[] = [
  {
    what: 'a prefix with `.srt`, `.nfo`, `.part` and `Thumbs.db` beside its items',
    prepare: async (studio) => {
      for (const name of ['1.srt', '1.nfo', '2.mp4.part', 'Thumbs.db'])
        studio.store.put('media', `shows/${name}`, randomBytes(1_000));
      return uploadShows(studio);
    },
    play: (_, daemon) => live(daemon, 'shows/2.mp4'),
    seen: /^blue red/,
  },
  {
    what: 'the only object of the programme, replaced while it is on air',
    prepare: async (studio) => {
      await studio.upload('one.mp4', { color: 'blue', seconds: 12 });
      return { media: 'one.mp4' };
    },
    play: async (studio, daemon) => {
      await once(daemon, 'it', ({ playout }) => playout?.item === 'one.mp4' && (playout.positionMs ?? 0) > 3_000);
      await studio.upload('one.mp4', { color: 'red', seconds: 12 });
      await colourArrives(studio.sink, 'red', 90_000);
      return live(daemon, 'one.mp4');
    },
    seen: /^blue red$/,
  },
  {
    what: 'a prefix whose items all go, and one that comes',
    prepare: async (studio) => {
      await studio.upload('shows/1.mp4', { color: 'blue', seconds: CLIP_S });
      return { media: 'shows/' };
    },
    play: async (studio, daemon) => {
      await live(daemon, 'shows/1.mp4');
      studio.store.remove('media', 'shows/1.mp4');
      const said = saidBy(await once(daemon, 'an empty prefix', ({ reason }) => reason === 'MediaPrefixEmpty'));
      await videoAdvances(currentSession(studio.sink), 2_000);
      await studio.upload('shows/2.mp4', { color: 'red', seconds: CLIP_S });
      const atMs = performance.now();
      await live(daemon, 'shows/2.mp4');
      return `${said}; the new one is on air after ${secondsSince(atMs)}`;
    },
    seen: /^blue (slate )?red/,
  },
  {
    what: 'a prefix that can no longer be listed',
    prepare: (studio) => uploadShows(studio),
    play: async (studio, daemon) => {
      await live(daemon, 'shows/1.mp4');
      faultAt(({ key }) => key === '', { kind: 'status', status: 500, code: 'InternalError' })(studio);
      const atMs = performance.now();
      const report = await once(daemon, 'a failure of the listing', ({ status }) => status === 'degraded');
      return `after ${secondsSince(atMs)} ${saidBy(report)}`;
    },
    seen: /^blue( red| blue)*$/,
  },
  {
    what: 'a key with a control character under a prefix',
    prepare: (studio) => uploadShows(studio, '2\u0001.mp4'),
    play: (_, daemon) => live(daemon, 'shows/2\u0001.mp4'),
    seen: /^blue red/,
  },
  {
    what: 'keys with the segments `.` and `..`',
    prepare: async (studio) => {
      await studio.upload('a/../blue.mp4', { color: 'blue', seconds: CLIP_S });
      await studio.upload('./red.mp4', { color: 'red', seconds: CLIP_S });
      return { media: JSON.stringify(['a/../blue.mp4', './red.mp4']) };
    },
    play: (_, daemon) => live(daemon, './red.mp4'),
    seen: /^blue red/,
  },
  {
    what: 'a bucket of a name that the store does not take',
    prepare: async (studio) => {
      refusesAll(400, 'InvalidBucketName')(studio);
      return { media: 'blue.mp4' };
    },
    play: (_, daemon) => told(daemon, 'check STORAGE_BUCKET, and that STORAGE_ENDPOINT', null),
    seen: /^slate$/,
  },
  {
    what: 'an unknown access key, answered like a wrong secret',
    prepare: async (studio) => {
      refusesAll(403, 'SignatureDoesNotMatch')(studio);
      return { media: 'blue.mp4' };
    },
    play: (_, daemon) => told(daemon, 'check STORAGE_SECRET_ACCESS_KEY and STORAGE_ACCESS_KEY_ID', null),
    seen: /^slate$/,
  },
  outage(
    'a store that is gone',
    ({ store }) => store.down(),
    ({ store }) => store.up(),
  ),
  outage('credentials that are revoked', refusesAll(403, 'InvalidAccessKeyId'), ({ store }) => {
    store.fault = undefined;
  }),
  {
    what: `a prefix with ${UNPLAYABLE} objects that cannot be played beside one that can, then another wish`,
    prepare: async (studio) => {
      await studio.upload('shows/0.mp4', { color: 'blue', seconds: CLIP_S });
      for (let nth = 1; nth <= UNPLAYABLE; nth++) studio.store.put('media', `shows/${nth}.mp4`, randomBytes(1_000));
      return { media: 'shows/' };
    },
    play: async (studio, daemon) => {
      const said = await told(daemon, 'is not playable media', 'shows/0.mp4');
      studio.store.clearRequests();
      await videoAdvances(currentSession(studio.sink), CLIP_S * 1_000);
      const perS = studio.store.requests.length / CLIP_S;
      expect(perS).toBeLessThan(20);
      studio.wish({ media: 'red.mp4' });
      const atMs = performance.now();
      await live(daemon, 'red.mp4');
      return `${said.slice(0, 80)}...; ${perS.toFixed(1)} requests a second; what is wished then is on air after ${secondsSince(atMs)}`;
    },
    seen: /^blue (slate |blue )*red$/,
  },
];
