import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import {
  type MediaInput,
  mediaStdin,
  SECOND_ADDRESS_FD,
  secondAddress,
  seekableToMs,
} from '../../src/actuate/ffmpeg/media-input.ts';
import { playoutArgv } from '../../src/actuate/ffmpeg/playout-argv.ts';
import { uplinkArgv } from '../../src/actuate/ffmpeg/uplink-argv.ts';
import { LEAD_IN_BYTES } from '../../src/actuate/process/pipeline.ts';
import type { ItemFacts } from '../../src/reconcile/model/item.ts';
import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import type { ItemSpec, PlayoutSpec, Treatment } from '../../src/reconcile/model/playout.ts';
import { SPEC } from '../reconcile/world-builder.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { RtmpSink, SinkSession } from '../fixtures/rtmp-sink.ts';

/** One playout of the raw pipeline: which file, in which manner, and which of its arguments are left out or added. */
export interface Part {
  /** null = the slate. */
  readonly path: string | null;
  readonly seconds: number;
  readonly bitrateKbps?: number;
  readonly mode?: Treatment;
  /** Default as `mode`. */
  readonly sound?: Treatment;
  /** As ffprobe tells it; default that of the house format. */
  readonly hasBFrames?: number;
  /** How often it is played within the run; default once. */
  readonly loops?: number;
  readonly offsetMs?: number;
  /** It has no sound of its own. */
  readonly silent?: boolean;
  /** Options to leave out, values included. */
  readonly without?: readonly string[];
  readonly more?: readonly string[];
}

/** As large as `STAGE_SIZE`. */
const FORMAT = { width: 320, height: 180, fps: 30, videoBitrateKbps: 800 };
const MAX_MS = 60_000;

/** What an operator of these tests wishes. */
export const DESIRED: DesiredSpec = {
  ...SPEC,
  resolution: { width: FORMAT.width, height: FORMAT.height },
  bitrateKbps: FORMAT.videoBitrateKbps,
};

const played = new Map<string, Promise<Buffer>>();

/** What comes to the gate of a playout with the daemon's very arguments, as fast as it can. Run once for each part. */
export function playoutBytes(part: Part): Promise<Buffer> {
  const { path, more = [] } = part;
  const key = JSON.stringify(part);
  const end = path === null ? ['-t', String(part.seconds)] : [];
  const bytes = played.get(key) ?? withLeadIn(playoutOf(specOf(part), path, { ...part, more: [...end, ...more] }));
  played.set(key, bytes);
  // Another attempt is to run it again.
  bytes.catch(() => played.delete(key));
  return bytes;
}

const withLeadIn = async (bytes: Promise<Buffer>): Promise<Buffer> =>
  Buffer.concat([Buffer.alloc(LEAD_IN_BYTES), await bytes]);

/** What FFmpeg writes for `playoutBytes`, of anything that can be played; `path`: of the object, null for the slate. */
export async function playoutOf(
  spec: PlayoutSpec,
  path: string | null,
  change: Pick<Part, 'without' | 'more'> = {},
): Promise<Buffer> {
  return playoutFrom(spec, path === null ? null : { kind: 'local', path }, change);
}

/** As `playoutOf`, wherever it is read from. */
export async function playoutFrom(
  spec: PlayoutSpec,
  input: MediaInput | null,
  { without = [], more = [] }: Pick<Part, 'without' | 'more'> = {},
): Promise<Buffer> {
  const built = playoutArgv(spec, input, { toneMapping: true }, '/dev/null');
  const argv = [...leaveOut(built.slice(0, built.indexOf('pipe:1')), without), ...more, 'pipe:1'];
  const backdrop = spec.kind === 'slate' ? spec.source : spec.backdrop;
  const paths = [input?.kind === 'local' ? input.path : null, backdrop?.path ?? null];
  const fds = paths.map((wanted) => (wanted === null ? null : openSync(wanted, 'r')));
  const second = input === null || spec.kind === 'slate' ? null : secondAddress(input, spec.facts);
  const child = spawn('ffmpeg', argv, {
    stdio: ['pipe', 'pipe', 'ignore', 'ignore', ...fds.map((fd) => fd ?? ('ignore' as const)), 'pipe'],
    timeout: MAX_MS,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input === null || spec.kind === 'slate' ? '' : stdinOf(spec, input));
  const secondary = child.stdio.at(SECOND_ADDRESS_FD);
  if (secondary instanceof Writable) secondary.on('error', () => undefined).end(second ?? '');
  await new Promise((resolve) => child.once('close', resolve));
  for (const fd of fds) if (fd !== null) closeSync(fd);
  if (chunks.length === 0) throw new Error(`the playout wrote nothing: ${argv.join(' ')}`);
  return Buffer.concat(chunks);
}

const stdinOf = (spec: ItemSpec, input: MediaInput): string =>
  mediaStdin(input, spec.facts, { durationMs: seekableToMs(spec) });

export interface UplinkOutcome {
  readonly exitCode: number | null;
  readonly session: SinkSession;
}

export interface UplinkChange {
  /** Options to leave out, values included. */
  readonly without?: readonly string[];
  /** A value to be replaced by another. */
  readonly instead?: readonly [string, string];
}

/**
 * Sends these bytes through the uplink with the daemon's very arguments, but for `-re`: pacing changes no timestamp, and
 * minutes of stream pass in a second.
 */
export async function publish(sink: RtmpSink, bytes: Buffer, change: UplinkChange = {}): Promise<UplinkOutcome> {
  const built = uplinkArgv(
    { url: sink.url, key: { kind: 'argv', streamKey: 'key' }, caFile: null, ffmpegVersion: '5.1.9' },
    '/dev/null',
  );
  const argv = leaveOut(
    built.filter((arg) => arg !== '-re'),
    change.without ?? [],
  ).map((arg) => (arg === change.instead?.[0] ? change.instead[1] : arg));
  if (change.instead !== undefined && !built.includes(change.instead[0]))
    throw new Error(`${change.instead[0]} is not an argument`);
  const before = sink.sessions.length;
  const child = spawn('ffmpeg', argv, { stdio: ['pipe', 'ignore', 'ignore'], timeout: MAX_MS, killSignal: 'SIGKILL' });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(bytes);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const session = await eventually(() => {
    const found = sink.sessions[before];
    if (found === undefined || found.closedAtMs === null) throw new Error(`no finished session; exit ${exitCode}`);
    return found;
  });
  return { exitCode, session };
}

/** The bytes up to somewhere in the middle of a packet, as a SIGKILL leaves them. */
export const cut = (bytes: Buffer, share: number, skew = 77): Buffer =>
  bytes.subarray(0, Math.min(bytes.length, Math.floor(bytes.length * share) + skew));

/** `count` playouts in turn, each killed at another place. */
export const killedInTurn = (parts: readonly Buffer[], count: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) => cut(parts[i % parts.length]!, 0.3 + ((i * 0.0213) % 0.6), 77 * (i + 1))),
  );

function leaveOut(argv: readonly string[], options: readonly string[]): string[] {
  const left = [...argv];
  for (const option of options) {
    const at = left.indexOf(option);
    if (at < 0) throw new Error(`${option} is not among the arguments`);
    left.splice(at, 2);
  }
  return left;
}

function specOf(wanted: Part): PlayoutSpec {
  const {
    path,
    seconds,
    bitrateKbps = 600,
    mode = 'copy',
    sound = mode,
    offsetMs = 0,
    hasBFrames = 2,
    loops = 1,
    silent = false,
  } = wanted;
  if (path === null) return { kind: 'slate', format: FORMAT, source: null, clip: null };
  const cursor = { round: 0, index: 0, key: 'item.mp4', offsetMs };
  const part = { cursor, picture: mode, sound, loops, lengthMs: (seconds * 1000 - offsetMs) * loops, cut: false };
  const facts = factsOf(seconds, bitrateKbps, hasBFrames);
  return {
    kind: 'item',
    facts: silent ? { ...facts, audio: null } : facts,
    format: FORMAT,
    part,
    backdrop: null,
    clip: null,
  };
}

function factsOf(durationS: number, bitrateKbps: number, hasBFrames: number): ItemFacts {
  const video = {
    codec: 'h264',
    profile: 'High',
    pixelFormat: 'yuv420p',
    width: FORMAT.width,
    height: FORMAT.height,
    sampleAspect: 1,
    fps: FORMAT.fps,
    variableFrameRate: false,
    progressive: true,
    bitrateKbps,
    maxKeyframeGapS: 2,
    still: false,
    rotation: 0,
    hasBFrames,
    startTimeS: 0,
  };
  const audio = { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 };
  return { key: 'item.mp4', version: '1', sizeBytes: 1, durationS, formatName: 'mov,mp4', video, audio };
}
