import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createProber, type Prober } from '../../../src/observe/probe/prober.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { createS3Signer } from '../../../src/store/s3/signer.ts';
import type { MediaResult } from '../../../src/store/port.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { relaid } from '../../fixtures/mp4-layout.ts';
import { runToolOk } from '../../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { s3Settings } from '../../fixtures/s3-settings.ts';
import { killMarked, makeWorkspace, processEntry, processesWithMarker } from '../../fixtures/workspace.ts';

const workspace = makeWorkspace();
const marker = `PROBE_TEST_RUN=${process.pid}-${Date.now()}`;
const env = { PATH: process.env['PATH'] ?? '', [marker.split('=')[0] ?? '']: marker.split('=')[1] ?? '' };
const media = join(workspace.dir, 'media');
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30'];
const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100'];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30'];
const aac = ['-c:a', 'aac', '-ac', '2'];

const make = async (name: string, ...args: readonly string[]): Promise<void> => {
  await runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, join(media, name)]);
};
/** Several of the same inputs: FFmpeg takes longer to start than to make one of them. */
const makeOf = async (inputs: readonly string[], files: Readonly<Record<string, readonly string[]>>): Promise<void> => {
  const outputs = Object.entries(files).flatMap(([name, args]) => [...args, join(media, name)]);
  await runToolOk('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...outputs]);
};

let server: S3Server;
let signUrl: ReturnType<typeof createS3Signer>;
const prober = (timeoutMs = 20_000): Prober => createProber({ ffprobePath: 'ffprobe', timeoutMs, env });

beforeAll(async () => {
  mkdirSync(media);
  await make('av.mp4', ...picture, ...tone, '-t', '4', ...h264, ...aac);
  await make('bframes.ts', ...picture, ...tone, '-t', '3', ...h264, '-preset', 'fast', ...aac, '-muxdelay', '0.7');
  await make('sparse.mkv', ...picture, '-t', '6', ...h264, '-g', '500', '-sc_threshold', '0');
  await makeOf([...picture, ...tone], {
    'still.png': ['-frames:v', '1'],
    'still.jpg': ['-frames:v', '1'],
    'one.gif': ['-frames:v', '1'],
    'moving.gif': ['-t', '0.5'],
    'plain.mp3': ['-vn', '-t', '2'],
    'stream.aac': ['-vn', '-t', '3', ...aac],
  });
  const cover = [
    '-i',
    join(media, 'plain.mp3'),
    '-i',
    join(media, 'still.png'),
    '-map',
    '0',
    '-map',
    '1',
    '-c',
    'copy',
  ];
  await make('cover.mp3', ...cover, '-disposition:v', 'attached_pic');
  await make('huge.png', '-f', 'lavfi', '-i', 'color=s=9000x9000', '-frames:v', '1', '-pix_fmt', 'monob');
  await make('cut.mp4', '-ss', '0.5', '-i', join(media, 'av.mp4'), '-c', 'copy', '-t', '2');
  for (const name of ['x%03d.png', "it's \\a\nb.png"]) copyFileSync(join(media, 'still.png'), join(media, name));
  server = await startS3Server();
  signUrl = createS3Signer(s3Settings(server));
}, 180_000);
afterEach(() => {
  server.fault = undefined;
});
afterAll(async () => {
  await server.stop();
  await killMarked(marker);
  await workspace.cleanup();
});

/** The same file, some of its cues, by their order, being of a track that it has not. */
function withoutCues(file: Buffer, left: readonly number[]): Buffer {
  const changed = Buffer.from(file);
  let at = file.lastIndexOf(Buffer.from('1c53bb6b', 'hex'));
  const cueTrack = Buffer.from('f78101', 'hex');
  for (let i = 0; (at = changed.indexOf(cueTrack, at + 1)) >= 0; i++) if (left.includes(i)) changed[at + 2] = 9;
  return changed;
}

describe('what is true of the beginning only', () => {
  const film = (size: string, ...more: readonly string[]): readonly string[] => [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=10`, ...h264, '-bf', '0', '-x264-params', 'scenecut=0'],
    ...more,
  ];
  const factsOfFile = async (name: string, sizeBytes = 1): Promise<ItemFacts['video']> =>
    factsOf(await probeLocal(name, sizeBytes, 60_000)).video;
  const join2 = (name: string, ...parts: readonly string[]): void =>
    writeFileSync(join(media, name), Buffer.concat(parts.map((part) => readFileSync(join(media, part)))));

  beforeAll(async () => {
    const seldom = ['-force_key_frames', 'expr:if(lt(t,34),gte(t,n_forced*2),gte(t,34+(n_forced-17)*10))'];
    await make('seldom.mp4', ...film('160x90', '-g', '9999', ...seldom, '-t', '80'));
    await make('seldom.ts', '-i', join(media, 'seldom.mp4'), '-c', 'copy', '-output_ts_offset', '36000');
    const between = Array.from({ length: 50 }, (_, i) => 2 * i).filter((atS) => atS < 52 || atS > 60);
    await make('between.mp4', ...film('160x90', '-g', '9999', '-force_key_frames', between.join(','), '-t', '100'));
    await makeOf(['-i', join(media, 'between.mp4')], {
      'between.mkv': ['-c', 'copy'],
      'in-front.mkv': ['-c', 'copy', '-cues_to_front', '1', '-reserve_index_space', '4096'],
      'no-cues.mkv': ['-c', 'copy', '-write_crc32', '0', '-live', '1'],
    });
    await make('even.mkv', ...film('160x90', '-g', '20', '-t', '100'));
    await make('wide.ts', ...film('320x180', '-t', '4'));
    await make('narrow.ts', ...film('160x90', '-t', '4'));
    join2('resized.ts', 'wide.ts', 'narrow.ts');
    join2('joined.ts', 'wide.ts', 'wide.ts');
  }, 180_000);

  it.each([
    ['whole', 'seldom.mp4', 1],
    ['in places, where it is large', 'seldom.mp4', 2 ** 40],
    ['in places, where its times begin at ten hours', 'seldom.ts', 2 ** 40],
  ])('is found where key frames become seldom: looked at %s', async (_, name, sizeBytes) => {
    expect((await factsOfFile(name, sizeBytes))?.maxKeyframeGapS).toBeGreaterThan(4);
  });

  it('is found in the index of a large MP4 where the places that are looked at have none of it', async () => {
    expect((await factsOfFile('between.mp4', 2 ** 40))?.maxKeyframeGapS).toBe(12);
  });

  it.each(['between.mkv', 'in-front.mkv'])(
    'is found in the cues of a large Matroska file as well: %s',
    async (name) => {
      expect((await factsOfFile(name, 2 ** 40))?.maxKeyframeGapS).toBe(12);
    },
  );

  it.each(['between.mp4', 'between.mkv'])('is found there through a signed address, too: %s', async (name) => {
    server.put('media', name, readFileSync(join(media, name)));
    expect(factsOf(await probeRemote(name, prober(), 2 ** 40)).video?.maxKeyframeGapS).toBe(12);
  });

  it('is not made up where the cues leave out key frames, or there are none', async () => {
    expect((await factsOfFile('even.mkv', 2 ** 40))?.maxKeyframeGapS).toBe(2);
    writeFileSync(join(media, 'few-cues.mkv'), withoutCues(readFileSync(join(media, 'even.mkv')), [4, 9, 30]));
    expect((await factsOfFile('few-cues.mkv', 2 ** 40))?.maxKeyframeGapS).toBe(2);
    expect((await factsOfFile('no-cues.mkv', 2 ** 40))?.maxKeyframeGapS).toBe(2);
  });

  it('is found where the size changes, or the times jump', async () => {
    expect(await factsOfFile('resized.ts')).toMatchObject({ width: 320, change: 'size' });
    expect(await factsOfFile('joined.ts')).toMatchObject({ change: 'times' });
  });

  it('is found where a packet is damaged', async () => {
    const bytes = readFileSync(join(media, 'av.mp4'));
    const [first, last] = [bytes.indexOf('mdat'), bytes.length];
    bytes.fill(0, first + 4 + Math.floor((last - first) / 3), first + 4 + Math.floor((last - first) / 2));
    writeFileSync(join(media, 'damaged.mp4'), bytes);
    expect(await factsOfFile('damaged.mp4')).toMatchObject({ change: 'damage' });
  });

  it('is found where frames of sound are something else: only a decoder notices', async () => {
    const pictureFirst = relaid(readFileSync(join(media, 'av.mp4')), ({ track }) => track);
    const soundEnd = pictureFirst.indexOf('moov') - 4;
    pictureFirst.fill('no sound at all ', soundEnd - 3_000, soundEnd - 1_000);
    writeFileSync(join(media, 'no-sound-at-all.mp4'), pictureFirst);
    const { video, audio } = factsOf(await probeLocal('no-sound-at-all.mp4'));
    expect(audio).toMatchObject({ isDamaged: true });
    expect(video?.change).toBeUndefined();
    expect(factsOf(await probeLocal('av.mp4')).audio).not.toHaveProperty('isDamaged');
  });

  it('is found where the table of a short MP4 shows pictures at another time than they are', async () => {
    await make('reordered.mp4', '-i', join(media, 'bframes.ts'), '-c', 'copy');
    const bytes = readFileSync(join(media, 'reordered.mp4'));
    // The second entry of the table: all pictures of that row are shown half an hour later.
    bytes.writeUInt32BE(30_000_000, bytes.indexOf('ctts') + 24);
    writeFileSync(join(media, 'half-an-hour.mp4'), bytes);
    const whole = await factsOfFile('reordered.mp4', bytes.length);
    const lying = await factsOfFile('half-an-hour.mp4', bytes.length);
    expect(whole).not.toHaveProperty('change');
    expect(whole).not.toHaveProperty('longestPauseS');
    expect(lying).toMatchObject({ change: 'times' });
    expect(lying?.longestPauseS).toBeGreaterThan(2);
  });

  it('is found where one of the streams pauses, in containers with tables and without', async () => {
    const pause = (stream: string): string[] => [
      ...['-c', 'copy', `-bsf:${stream}`, "noise=amount=0:drop='between(pts*tb,1.3,2.8)'"],
    ];
    // In the container's own time base, which the filter counts in.
    await makeOf(['-i', join(media, 'av.mp4')], { 'whole.mp4': ['-c', 'copy'], 'whole.mkv': ['-c', 'copy'] });
    await makeOf(['-i', join(media, 'whole.mp4')], { 'pauses-a.mp4': pause('a'), 'pauses-v.mp4': pause('v') });
    await make('pauses-a.mkv', '-i', join(media, 'whole.mkv'), ...pause('a'));
    for (const [stream, container] of [
      ['a', 'mp4'],
      ['a', 'mkv'],
      ['v', 'mp4'],
    ] as const) {
      const name = `pauses-${stream}.${container}`;
      const found = await probeLocal(name);
      const facts = found.kind === 'ok' ? found.value : null;
      const pauses = { v: facts?.video?.longestPauseS, a: facts?.audio?.longestPauseS };
      expect(pauses[stream], name).toBeGreaterThan(1.3);
      expect(pauses[stream === 'a' ? 'v' : 'a'], name).toBeUndefined();
    }
  });

  it('is where an edit list leaves out the beginning of the sound', async () => {
    await make('cut.m4a', '-itsoffset', '-1.5', '-i', join(media, 'av.mp4'), '-vn', '-c', 'copy');
    const [cut, whole] = [await probeLocal('cut.m4a'), await probeLocal('av.mp4')];
    expect(cut.kind === 'ok' && cut.value.audio?.startTimeS).toBeLessThan(-0.9);
    expect(whole.kind === 'ok' && whole.value.audio?.startTimeS).toBeUndefined();
    // A file that begins late leaves out nothing, though nobody looked where its sound begins.
    const late = await probeLocal('bframes.ts');
    expect(late.kind === 'ok' && late.value.audio?.startTimeS).toBeUndefined();
  });

  it('is not found where all is as it began', async () => {
    for (const name of ['wide.ts', 'av.mp4', 'bframes.ts']) {
      const video = await factsOfFile(name);
      expect(video?.change, name).toBeUndefined();
      expect(video?.longestPauseS, name).toBeUndefined();
      expect(video?.maxKeyframeGapS, name).toBeLessThanOrEqual(4);
    }
  });
});

const probed = new Map<string, Promise<MediaResult<ItemFacts>>>();

/** Each file is looked at once as large as it is said to be: a look is several starts of ffprobe. */
async function probeLocal(name: string, sizeBytes = 1, timeoutMs = 20_000): Promise<MediaResult<ItemFacts>> {
  const look = `${name} ${sizeBytes}`;
  const version = { key: name, version: 'v', sizeBytes };
  const found = probed.get(look) ?? prober(timeoutMs)(`file:${join(media, name)}`, version);
  probed.set(look, found);
  const result = await found;
  // Another attempt is to look again.
  if (result.kind === 'failed') probed.delete(look);
  return result;
}

async function probeRemote(key: string, probe = prober(), sizeBytes = 1): Promise<MediaResult<ItemFacts>> {
  const url = await signUrl(key, 600);
  if (url.kind === 'failed') throw new Error(url.failure.message);
  const result = await probe(url.value, { key, version: 'v', sizeBytes });
  expect(JSON.stringify(result)).not.toMatch(/X-Amz|http:|Signature=/);
  return result;
}
const factsOf = (result: MediaResult<ItemFacts>): ItemFacts => {
  if (result.kind === 'failed') throw new Error(result.failure.message);
  return result.value;
};
const reasonOf = (result: MediaResult<ItemFacts>): string => (result.kind === 'ok' ? 'ok' : result.failure.reason);

describe('the facts of an item', () => {
  it('are the same from the local directory and through a signed address', async () => {
    const local = factsOf(await probeLocal('av.mp4'));
    server.put('media', 'av.mp4', readFileSync(join(media, 'av.mp4')));
    expect(factsOf(await probeRemote('av.mp4'))).toEqual(local);
    expect(local).toMatchObject({
      formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
      video: {
        ...{ codec: 'h264', pixelFormat: 'yuv420p', width: 320, height: 180, sampleAspect: 1, fps: 30 },
        ...{
          variableFrameRate: false,
          progressive: true,
          maxKeyframeGapS: 1,
          still: false,
          rotation: 0,
          startTimeS: 0,
        },
      },
      audio: { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 },
    });
    expect(local.durationS).toBeCloseTo(4, 1);
    expect(local.video?.bitrateKbps).toBeGreaterThan(10);
  });

  it('measure the start from the start of the container, which in MPEG-TS is not zero', async () => {
    const { video, formatName } = factsOf(await probeLocal('bframes.ts'));
    expect(formatName).toBe('mpegts');
    expect(Math.abs(video?.startTimeS ?? 9)).toBeLessThan(0.1);
    expect(video).toMatchObject({ maxKeyframeGapS: 1, hasBFrames: 2, bitrateKbps: null });
  });

  it('take the whole window for the key frame distance where it has but one', async () => {
    const { video, audio } = factsOf(await probeLocal('sparse.mkv'));
    expect(video?.maxKeyframeGapS).toBeGreaterThan(5);
    expect(audio).toBeNull();
  });

  it.each(['still.png', 'still.jpg', 'x%03d.png', "it's \\a\nb.png", 'one.gif'])(
    'tell that %s is a still picture without a duration',
    async (name) => {
      const { video, durationS } = factsOf(await probeLocal(name));
      expect([video?.still, durationS]).toEqual([true, null]);
    },
  );

  it('tell a moving GIF from a still one', async () => {
    expect(factsOf(await probeLocal('moving.gif')).video?.still).toBe(false);
  });

  it('take a cover picture for no video', async () => {
    const { video, audio } = factsOf(await probeLocal('cover.mp3'));
    expect([video, audio?.codec]).toEqual([null, 'mp3']);
  });

  it('tell no length where FFmpeg could only guess it from the bitrate', async () => {
    expect(factsOf(await probeLocal('stream.aac')).durationS).toBeNull();
    expect(factsOf(await probeLocal('plain.mp3')).durationS).toBeCloseTo(2, 1);
  });

  it('show a cut between key frames as a start before zero', async () => {
    expect(factsOf(await probeLocal('cut.mp4')).video?.startTimeS).toBeLessThan(-0.1);
  });
});

describe('an inspection', () => {
  it('shows the signed address in no command line', async () => {
    server.put('media', 'slow.mp4', readFileSync(join(media, 'av.mp4')));
    server.fault = () => ({ kind: 'hang' });
    const running = probeRemote('slow.mp4', prober(1500));
    const command = await eventually(() => {
      const entry = processesWithMarker(marker).map(processEntry)[0];
      if (entry === undefined || !entry.command.includes('concatf')) throw new Error('ffprobe does not run yet');
      return entry.command;
    });
    expect(command).not.toMatch(/http:|X-Amz|slow\.mp4/);
    await running;
  });

  it('says of an object that is sent as packed, and is not, what is wrong with it', async () => {
    server.put('media', 'packed.mp4', readFileSync(join(media, 'av.mp4')));
    server.fault = () => ({ kind: 'content-encoding', encoding: 'gzip' });
    const result = await probeRemote('packed.mp4', prober(3_000));
    expect(result).toMatchObject({ kind: 'failed', failure: { reason: 'MediaUndecodable' } });
    expect(result.kind === 'failed' && result.failure.message).toContain('content-encoding: gzip, which it is not');
  });

  it('ends at its time limit and leaves no process', async () => {
    server.put('media', 'slow.mp4', readFileSync(join(media, 'av.mp4')));
    server.fault = ({ range }) => (range === 'bytes=0-0' ? undefined : { kind: 'stall', afterBytes: 100 });
    const startedMs = performance.now();
    const result = await probeRemote('slow.mp4', prober(700));
    expect(reasonOf(result)).toBe('StorageUnreachable');
    expect(performance.now() - startedMs).toBeLessThan(4000);
    expect(processesWithMarker(marker)).toEqual([]);
  });

  it('tells a missing, a forbidden and an unreachable object apart from bad bytes', async () => {
    expect(reasonOf(await probeRemote('nothing.mp4'))).toBe('MediaNotFound');
    server.put('media', 'text.mp4', Buffer.from('this is no media'));
    expect(reasonOf(await probeRemote('text.mp4'))).toBe('MediaUndecodable');
    server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
    expect(reasonOf(await probeRemote('text.mp4'))).toBe('MediaForbidden');
    server.fault = () => ({ kind: 'status', status: 503, code: 'SlowDown' });
    expect(reasonOf(await probeRemote('text.mp4'))).toBe('StorageUnreachable');
    await server.down();
    expect(reasonOf(await probeRemote('text.mp4'))).toBe('StorageUnreachable');
    await server.up();
  });

  it('says that ffprobe is missing', async () => {
    const probe = createProber({ ffprobePath: '/no/such/ffprobe', timeoutMs: 1000, env });
    const result = await probe('file:/a', { key: 'a', version: 'v', sizeBytes: 1 });
    expect(result.kind === 'failed' && result.failure.message).toContain('FFPROBE_PATH');
  });

  it('refuses a picture that would unfold to more than the memory of a small server', async () => {
    const result = await probeLocal('huge.png');
    expect(reasonOf(result)).toBe('MediaUndecodable');
    expect(result.kind === 'failed' && result.failure.message).toContain('or more than 67 megapixels');
  });

  it('names no path of a local file in its failures', async () => {
    writeFileSync(join(media, 'text.mp4'), 'this is no media');
    const results = [await probeLocal('text.mp4'), await probeLocal('gone.mp4')];
    for (const result of results) {
      expect(reasonOf(result)).toBe('MediaUndecodable');
      expect(JSON.stringify(result)).not.toContain(workspace.dir);
    }
  });
});
