import { execFile } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { KeyDelivery, Toolchain } from '../reconcile/observation.ts';

/** The oldest FFmpeg that has what is needed here (`extract_extradata`, `-fpre`, ffconcat options). */
const OLDEST_MAJOR = 5;
const TRY_AT_MOST_MS = 15_000;

/** What was found out about one very binary; kept, so that a start does not wait for it again. */
export interface ToolchainMemory {
  load(): string | null;
  save(text: string): void;
}

/** Finds a program on PATH; null = it is not there or not executable. */
export function findProgram(name: string, path: string): string | null {
  for (const dir of path.split(delimiter)) {
    const candidate = join(dir, name);
    if (dir.startsWith('/') && isExecutable(candidate)) return candidate;
  }
  return null;
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Watches the FFmpeg binary: asks it who it is, proves how the stream key can be handed over, and again when it changes. */
export class ToolchainWatch {
  readonly #find: () => string | null;
  readonly #tempDir: string;
  readonly #memory: ToolchainMemory;
  readonly #wake: () => void;
  #identity = '';
  #toolchain: Toolchain = { kind: 'checking' };

  /** `find` looks for the binary anew each time: null = there is none. `tempDir` must be private to this user. */
  constructor(find: () => string | null, tempDir: string, memory: ToolchainMemory, wake: () => void) {
    this.#find = find;
    this.#tempDir = tempDir;
    this.#memory = memory;
    this.#wake = wake;
  }

  /** What is known now; a changed binary is looked at in the background. */
  read(): Toolchain {
    const path = this.#find();
    if (path === null) return missing('ffmpeg is not on PATH');
    const identity = identityOf(path);
    if (identity === null) return missing(`${path} is not an executable file`);
    if (identity === this.#identity) return this.#toolchain;
    this.#identity = identity;
    const remembered = recall(this.#memory.load(), identity);
    if (remembered !== null) {
      this.#toolchain = remembered;
      return remembered;
    }
    this.#toolchain = { kind: 'checking' };
    void this.#examine(path, identity);
    return this.#toolchain;
  }

  async #examine(path: string, identity: string): Promise<void> {
    const toolchain = await examine(path, this.#tempDir);
    if (this.#identity !== identity) return;
    this.#toolchain = toolchain;
    if (toolchain.kind === 'ready') this.#memory.save(JSON.stringify({ identity, toolchain }));
    this.#wake();
  }
}

const missing = (what: string): Toolchain => ({
  kind: 'unusable',
  reason: 'FfmpegMissing',
  message: `${what}: install FFmpeg 5.1 or newer (apt-get install ffmpeg) or set FFMPEG_PATH`,
});

function identityOf(path: string): string | null {
  if (!isExecutable(path)) return null;
  const { dev, ino, size, mtimeMs } = statSync(path);
  return [path, dev, ino, size, mtimeMs].join(' ');
}

function recall(text: string | null, identity: string): Toolchain | null {
  try {
    const kept: unknown = JSON.parse(text ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('identity' in kept) || kept.identity !== identity) return null;
    const { toolchain } = kept as {
      readonly identity: string;
      readonly toolchain?: Partial<Extract<Toolchain, { kind: 'ready' }>>;
    };
    const { version, keyDelivery } = toolchain ?? {};
    if (typeof version !== 'string' || (keyDelivery !== 'preset' && keyDelivery !== 'argv')) return null;
    return { kind: 'ready', version, keyDelivery };
  } catch {
    return null;
  }
}

async function examine(path: string, tempDir: string): Promise<Toolchain> {
  const banner = await run(path, ['-hide_banner', '-version']);
  const version = /^ffmpeg version (\S+)/.exec(banner.stdout)?.[1];
  if (version === undefined) {
    return {
      kind: 'unusable',
      reason: 'FfmpegUnusable',
      message: `${path} does not answer -version as FFmpeg does: ${banner.failure}`,
    };
  }
  const major = Number(/^n?(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (major < OLDEST_MAJOR) {
    return {
      kind: 'unusable',
      reason: 'FfmpegUnusable',
      message: `${path} is FFmpeg ${version}; 5.1 or newer is needed`,
    };
  }
  return { kind: 'ready', version, keyDelivery: await proveKeyDelivery(path, tempDir) };
}

/** A number that no FFmpeg uses by itself as an MPEG-TS service. */
const PROOF_SERVICE_ID = 0x2b67;

/**
 * Whether `-fpre` reaches the muxer: a preset names an MPEG-TS service, and the table written tells. From FFmpeg 8.1
 * on the option is silently ignored, and an uplink would publish an empty name (measured).
 */
async function proveKeyDelivery(path: string, tempDir: string): Promise<KeyDelivery> {
  const dir = mkdtempSync(join(tempDir, 'preset-proof-'));
  try {
    const preset = join(dir, 'proof.ffpreset');
    const output = join(dir, 'proof.ts');
    writeFileSync(preset, `mpegts_service_id=${PROOF_SERVICE_ID}\n`, { mode: 0o600 });
    const input = ['-f', 'lavfi', '-i', 'anullsrc=r=44100:cl=stereo', '-t', '0.1', '-c:a', 'mp2'];
    await run(path, [
      '-hide_banner',
      '-nostdin',
      '-loglevel',
      'error',
      ...input,
      '-fpre',
      preset,
      '-f',
      'mpegts',
      '-y',
      output,
    ]);
    return hasService(readFileSync(output), PROOF_SERVICE_ID) ? 'preset' : 'argv';
  } catch {
    return 'argv';
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const TS_PACKET_BYTES = 188;

/** The programme association table (PID 0) lists this service; see ISO/IEC 13818-1, 2.4.4.3. */
function hasService(stream: Buffer, serviceId: number): boolean {
  for (let at = 0; at + TS_PACKET_BYTES <= stream.length; at += TS_PACKET_BYTES) {
    const pid = stream.readUInt16BE(at + 1) & 0x1fff;
    if (pid === 0) return stream.readUInt16BE(at + 13) === serviceId;
  }
  return false;
}

function run(path: string, args: readonly string[]): Promise<{ readonly stdout: string; readonly failure: string }> {
  return new Promise((resolve) => {
    const options = {
      timeout: TRY_AT_MOST_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1_048_576,
      env: { LANG: 'C.UTF-8' },
    } as const;
    execFile(path, args, options, (error, stdout, stderr) => {
      const failure = error === null ? '' : (stderr.trim().split('\n').at(-1) ?? error.message);
      resolve({ stdout, failure });
    });
  });
}
