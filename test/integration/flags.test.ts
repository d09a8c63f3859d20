import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openFeed } from '../../src/actuate/feed.ts';
import { playoutCommand } from '../../src/actuate/process/pipeline.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { framesOf, mediaGaps, worstAvOffsetMs } from '../fixtures/stream-analysis.ts';
import { isAlive, makeWorkspace, processEntry, processTree, signalPid, type Workspace } from '../fixtures/workspace.ts';
import { cut, killedInTurn, type Part, playoutBytes, publish, type UplinkChange } from './raw-pipeline.ts';

let workspace: Workspace;
let sink: RtmpSink;
const files = { pattern: '', plain: '', red: '', quiet: '' };
const SMALL = { name: 'flags', size: '320x180', bitrateKbps: 600, seconds: 8 } as const;

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink();
  files.pattern = await makeMedia({ ...SMALL, pattern: 'testsrc2' });
  files.plain = await makeMedia({ ...SMALL, pattern: 'testsrc2', bFrames: 0, profile: 'main', sineHz: 880 });
  files.red = await makeMedia({ ...SMALL, color: 'red' });
  files.quiet = await makeMedia({ ...SMALL, pattern: 'testsrc2', audio: 'silence' });
});

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

const item = (path: string, more: Partial<Part> = {}): Part => ({
  path,
  seconds: 8,
  hasBFrames: path === files.plain ? 0 : 2,
  ...more,
});

/** Unlike items and the slate, one after another, whole and killed in the middle. */
async function programme(
  without: readonly string[] = [],
): Promise<{ readonly whole: Buffer; readonly killed: Buffer }> {
  const pattern = await playoutBytes(item(files.pattern, { without }));
  const plain = await playoutBytes(item(files.plain, { without }));
  const red = await playoutBytes(item(files.red, { without, bitrateKbps: 20 }));
  const slate = await playoutBytes({ path: null, seconds: 6, without });
  const encoded = await playoutBytes(item(files.plain, { without, mode: 'transcode' }));
  const resumed = await playoutBytes(item(files.pattern, { without, offsetMs: 3000 }));
  return {
    whole: Buffer.concat([pattern, plain, pattern, red, slate, encoded, resumed, pattern]),
    killed: killedInTurn([pattern, plain, red, encoded, slate, resumed], 30),
  };
}

const TS_BYTES = 188;
const SOUND_PID = 0x101;

/** An item whose frames of sound fill one packet of MPEG-TS each, killed again and again within what such a frame begins with. */
async function cutInSound(): Promise<Buffer> {
  const quiet = await playoutBytes(item(files.quiet));
  const packets = Array.from({ length: Math.floor(quiet.length / TS_BYTES) }, (_, n) => n * TS_BYTES);
  const sound = packets.filter((at) => (quiet.readUInt16BE(at + 1) & 0x1fff) === SOUND_PID);
  const cuts = Array.from({ length: 24 }, (_, n) => {
    const at = sound[100 + 5 * n]!;
    // A frame that fills no packet is padded before it.
    const paddingBytes = (quiet[at + 3]! & 0x20) === 0 ? 0 : 1 + quiet[at + 4]!;
    return at + 4 + paddingBytes + 4 + (n % 16);
  });
  return Buffer.concat([...cuts.map((end) => quiet.subarray(0, end)), quiet]);
}

/** Pictures of a size that none of the whole item has, of an item killed thirty times. `without`: arguments of the playout. */
async function mutilated(without: readonly string[] = [], change: UplinkChange = {}): Promise<number> {
  const whole = await playoutBytes(item(files.plain, { without }));
  const { session: sound } = await publish(sink, whole);
  const sizes = new Set(framesOf(sound, 'video').map(({ sizeBytes }) => sizeBytes));
  const { session } = await publish(sink, killedInTurn([whole], 30), change);
  return framesOf(session, 'video').filter(({ sizeBytes }) => !sizes.has(sizeBytes)).length;
}

const gaps = (session: SinkSession, thresholdMs: number): number[] =>
  (['video', 'audio'] as const).flatMap((kind) => mediaGaps(session, kind, thresholdMs).map(({ gapMs }) => gapMs));
const sequenceHeaders = (session: SinkSession): number =>
  session.messages.filter(({ kind, sequenceHeader }) => kind === 'video' && sequenceHeader).length;

describe('with all flags, a sequence of unlike items is one seamless session', () => {
  test('whole items', async () => {
    const { whole } = await programme();
    const { exitCode, session } = await publish(sink, whole);
    expect(exitCode).toBe(0);
    expect(gaps(session, 250)).toEqual([]);
    expect(worstAvOffsetMs(session)).toBeLessThan(300);
    expect(sequenceHeaders(session)).toBeGreaterThan(3);
  });

  test('thirty items killed in the middle', async () => {
    const { killed } = await programme();
    const { exitCode, session } = await publish(sink, killed);
    expect(exitCode).toBe(0);
    expect(gaps(session, 250)).toEqual([]);
    expect(worstAvOffsetMs(session)).toBeLessThan(300);
  });

  test('items killed within the first bytes of a frame of sound', async () => {
    const { exitCode, session } = await publish(sink, await cutInSound());
    expect(exitCode).toBe(0);
    expect(gaps(session, 250)).toEqual([]);
    expect(worstAvOffsetMs(session)).toBeLessThan(300);
  });
});

// What FFmpeg does without them changes with FFmpeg, not with what is written here.
describe('each flag is load-bearing: without it', { tags: 'long' }, () => {
  test('+discardcorrupt: pictures cut off by a kill are published', async () => {
    expect(await mutilated()).toBe(0);
    expect(await mutilated([], { instead: ['+discardcorrupt', '+genpts'] })).toBeGreaterThan(5);
  });

  test('-dts_delta_threshold: a join leaves a hole as long as the item', async () => {
    // One that holds its pictures back for less than others do, as after a death in an unlucky moment.
    const early = await playoutBytes(item(files.plain, { hasBFrames: 2 }));
    const usual = await playoutBytes(item(files.pattern));
    const whole = Buffer.concat([usual, early, usual, early, usual]);
    const { session: flattened } = await publish(sink, whole);
    expect(gaps(flattened, 250)).toEqual([]);
    const { session } = await publish(sink, whole, { without: ['-dts_delta_threshold'] });
    expect(Math.max(...gaps(session, 250))).toBeGreaterThan(5000);
  });

  test('extract_extradata: other parameter sets bring no new sequence header', async () => {
    const { whole } = await programme();
    const { session } = await publish(sink, whole, { without: ['-bsf:v'] });
    expect(sequenceHeaders(session)).toBe(1);
  });

  test('aac_adtstoasc: a frame of sound without its first bytes ends the uplink', async () => {
    const { exitCode } = await publish(sink, await cutInSound(), { without: ['-bsf:a'] });
    expect(exitCode).not.toBe(0);
  });

  test('-omit_video_pes_length 0: pictures cut off by a kill are published', async () => {
    expect(await mutilated()).toBe(0);
    expect(await mutilated(['-omit_video_pes_length'])).toBeGreaterThan(5);
  });

  test('-muxdelay 0: a kill leaves a hole in the sound', async () => {
    const sound = async (without: readonly string[]): Promise<number[]> => {
      const parts = [
        await playoutBytes(item(files.pattern, { without })),
        await playoutBytes(item(files.plain, { without })),
      ];
      const { session } = await publish(sink, killedInTurn(parts, 20));
      return mediaGaps(session, 'audio', 140).map(({ gapMs }) => gapMs);
    };
    expect(await sound([])).toEqual([]);
    expect((await sound(['-muxdelay'])).length).toBeGreaterThan(5);
  });

  test('+initial_discontinuity: the last frame of an item is lost when it is a large one', async () => {
    // Every frame a key frame of 160 kB: more than a PES length can say.
    const large = { ...SMALL, pattern: 'testsrc2', seconds: 2, gopS: 1 / 30, bFrames: 0, bitrateKbps: 40_000 } as const;
    const path = await makeMedia({ ...large, cbr: true });
    const holes = async (without: readonly string[]): Promise<number> => {
      const intra = await playoutBytes({ path, seconds: 2, bitrateKbps: 40_000, without });
      const { session } = await publish(sink, Buffer.concat([intra, intra, intra, intra, intra]));
      // Frames are 33 ms apart, and 77 ms at a join; one frame less is 110.
      return mediaGaps(session, 'video', 95).length;
    };
    expect(await holes([])).toBe(0);
    expect(await holes(['-mpegts_flags'])).toBe(4);
  });
});

test('a copy without B-frames joins within a frame, and without its decoding delay does not', async () => {
  const joins = async (without: readonly string[]): Promise<number> => {
    const plain = await playoutBytes(item(files.plain, { hasBFrames: 0, without }));
    const { session } = await publish(sink, Buffer.concat([plain, plain, plain, plain, plain]));
    return mediaGaps(session, 'video', 40).length;
  };
  expect(await joins([])).toBe(0);
  expect(await joins(['-bsf:v'])).toBe(4);
});

test('the 33-bit wrap of timestamps, after 26.5 hours, passes unnoticed', { tags: 'long' }, async () => {
  const ordinary = await playoutBytes(item(files.pattern));
  const wrapping = await playoutBytes(item(files.plain, { more: ['-output_ts_offset', '95432'] }));
  // 2^33 / 90 kHz is 95443.7 s: this one wraps after twelve seconds of sixteen.
  const long = await playoutBytes(item(files.pattern, { more: ['-output_ts_offset', '95440'] }));
  for (const bytes of [long, Buffer.concat([ordinary, wrapping, long, cut(ordinary, 0.5), ordinary])]) {
    const { exitCode, session } = await publish(sink, bytes);
    expect(exitCode).toBe(0);
    expect(gaps(session, 250)).toEqual([]);
    expect(framesOf(session, 'video').at(-1)?.timestampMs).toBeLessThan(60_000);
  }
});

describe('--no-fork of the gate', () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) {
      for (const { pid } of processTree(child.pid ?? 0)) signalPid(pid, 'SIGKILL');
    }
  });

  /** A playout that feeds a FIFO nobody reads, and who `/proc/locks` says holds the lock. */
  async function gateOf(
    edit: (arg: string) => string,
  ): Promise<{ readonly holder: number; readonly child: ChildProcess }> {
    const stateDir = join(workspace.dir, `gate-${children.length}-${Math.random().toString(36).slice(2)}`);
    mkdirSync(stateDir, { mode: 0o700 });
    const feed = openFeed(stateDir);
    try {
      const source = ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'mpegts', 'pipe:1'];
      const { program, args } = playoutCommand('ffmpeg', source, null);
      const child = spawn(program, args.map(edit), {
        stdio: ['ignore', feed.fifoFd, 'ignore', feed.programLockFd],
      });
      children.push(child);
      const tree = (): number[] => processTree(child.pid ?? 0).map(({ pid }) => pid);
      const holder = await eventually(
        () => {
          const locks = readFileSync('/proc/locks', 'utf8');
          const pid = tree().find((candidate) => new RegExp(`FLOCK .* WRITE ${candidate} `).test(locks));
          if (pid === undefined) throw new Error('nobody of ours is in /proc/locks');
          return pid;
        },
        { what: 'a holder' },
      );
      return { holder, child };
    } finally {
      feed.close();
    }
  }

  test('the holder that /proc/locks names is the process that passes the bytes on', async () => {
    const { holder } = await gateOf((arg) => arg);
    await eventually(() => expect(processEntry(holder)?.command).toBe('cat'));
  });

  test('without it a wrapper is named, whose death frees nothing', async () => {
    const { holder, child } = await gateOf((arg) => arg.replace(' --no-fork', ''));
    expect(processEntry(holder)?.command).toContain('flock');
    const gate = await eventually(() => {
      const found = processTree(holder).find(({ command }) => command === 'cat');
      if (found === undefined) throw new Error('no cat yet');
      return found;
    });
    signalPid(holder, 'SIGKILL');
    await eventually(() => expect(isAlive(holder)).toBe(false));
    expect(isAlive(gate.pid)).toBe(true);
    // The lock is still held, by a process that /proc/locks does not name.
    expect(readFileSync('/proc/locks', 'utf8')).toMatch(new RegExp(`FLOCK .* WRITE ${holder} `));
    signalPid(gate.pid, 'SIGKILL');
    child.kill('SIGKILL');
  });
});
