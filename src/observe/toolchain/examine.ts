import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyDelivery, Toolchain } from '../../reconcile/model/observation.ts';
import { askProgram } from '../../system/programs.ts';

/** The oldest major version that has what is needed here (`extract_extradata`, `-fpre`, ffconcat options). */
const OLDEST_MAJOR = 5;

/** The encoders of the slate and of every encoded item. */
const NEEDED_ENCODERS = ['libx264', 'aac'];

/** `proved`: the binary itself has shown everything in `toolchain`, so it may be remembered. */
interface Examination {
  readonly toolchain: Toolchain;
  readonly proved: boolean;
}

const unusable = (message: string): Examination => ({
  toolchain: { kind: 'unusable', reason: 'FfmpegUnusable', message },
  proved: false,
});

/** Asks one binary for its version, encoders and filters, and tries how the stream key can be given to it. `signal` ends it. */
export async function examine(path: string, tempDir: string, signal?: AbortSignal): Promise<Examination> {
  const banner = await askProgram(path, ['-hide_banner', '-version'], signal);
  const version = /^ffmpeg version (\S+)/.exec(banner.stdout)?.[1];
  if (version === undefined) {
    return unusable(
      `the ffmpeg that was found does not answer -version as FFmpeg does: ${banner.failure || 'it says nothing'}`,
    );
  }
  const major = Number(/^n?(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (major < OLDEST_MAJOR) {
    return unusable(`the ffmpeg that was found is ${version}; 5.1 or newer is needed`);
  }
  const encoders = await askProgram(path, ['-hide_banner', '-encoders'], signal);
  const missing = NEEDED_ENCODERS.filter((name) => !new RegExp(`^ \\S+ ${name} `, 'm').test(encoders.stdout));
  if (missing.length > 0)
    return unusable(
      `the ffmpeg that was found has no encoder ${missing.join(', ')}: install that of your distribution`,
    );
  const toneMapping = await canToneMap(path, signal);
  const proof = await proveKeyDelivery(path, tempDir, signal);
  const keyDelivery = proof ?? (isKnownToIgnorePresets(version) ? 'argv' : 'preset');
  return { toolchain: { kind: 'ready', version, keyDelivery, toneMapping }, proved: proof !== null };
}

const TONE_MAPPING_FILTERS = ['zscale', 'tonemap'];

/** Whether this FFmpeg can turn HDR into SDR; false where it does not answer. */
export async function canToneMap(path: string, signal?: AbortSignal): Promise<boolean> {
  const { stdout } = await askProgram(path, ['-hide_banner', '-filters'], signal);
  return TONE_MAPPING_FILTERS.every((name) => new RegExp(`^ \\S+ ${name} `, 'm').test(stdout));
}

/** Measured: 5.1 to 8.0 honour `-fpre`, 8.1 and later ignore it. Counts only where the binary could not be tried. */
function isKnownToIgnorePresets(version: string): boolean {
  const [major = 0, minor = 0] = version
    .replace(/^n/, '')
    .split('.')
    .map((part) => Number.parseInt(part, 10));
  return Number.isNaN(major) || major > 8 || (major === 8 && minor >= 1);
}

/** A number that no FFmpeg uses by itself as an MPEG-TS service. */
const PROOF_SERVICE_ID = 0x2b67;

/**
 * Tries whether `-fpre` reaches the muxer: a preset sets an MPEG-TS service id, which must stand in the output. FFmpeg 8.1 and
 * later ignore the option silently, and an uplink would publish an empty name (measured). null = could not be tried.
 */
async function proveKeyDelivery(
  path: string,
  tempDir: string,
  signal: AbortSignal | undefined,
): Promise<KeyDelivery | null> {
  const dir = makeTempDir([tempDir, '/dev/shm', tmpdir()]);
  if (dir === null) return null;
  try {
    const preset = join(dir, 'proof.ffpreset');
    writeFileSync(preset, `mpegts_service_id=${PROOF_SERVICE_ID}\n`, { mode: 0o600 });
    const input = ['-f', 'lavfi', '-i', 'anullsrc=r=44100:cl=stereo', '-t', '0.1', '-c:a', 'mp2'];
    const { stdout } = await askProgram(path, [...QUIET, ...input, '-fpre', preset, '-f', 'mpegts', 'pipe:1'], signal);
    const service = firstService(Buffer.from(stdout, 'latin1'));
    return service === null ? null : service === PROOF_SERVICE_ID ? 'preset' : 'argv';
  } catch {
    return null;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

function makeTempDir(places: readonly string[]): string | null {
  for (const place of places) {
    try {
      return mkdtempSync(join(place, 'preset-proof-'));
    } catch {
      // The next place may do.
    }
  }
  return null;
}

const TS_PACKET_BYTES = 188;

/** The first service in the programme association table (PID 0), see ISO/IEC 13818-1, 2.4.4.3; null = no such table. */
function firstService(stream: Buffer): number | null {
  for (let at = 0; at + TS_PACKET_BYTES <= stream.length; at += TS_PACKET_BYTES) {
    const pid = stream.readUInt16BE(at + 1) & 0x1fff;
    if (pid === 0) return stream.readUInt16BE(at + 13);
  }
  return null;
}
