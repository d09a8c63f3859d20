import { z } from 'zod';
import { examine } from './examine.ts';
import type { Toolchain } from '../../reconcile/model/observation.ts';
import { programIdentity } from '../../system/programs.ts';
import { parseJson } from '../../system/json.ts';

/** A failed examination is repeated after this: an upgrade may be under way, or memory short. */
const AGAIN_AFTER_MS = 30_000;

/** Keeps what was found out about one binary, so that the next start does not wait for it. */
export interface ToolchainMemory {
  load(): string | null;
  save(text: string): void;
}

/** Watches the FFmpeg binary: examines it (`examine.ts`), and again when it changes. */
export class ToolchainWatch {
  readonly #find: () => string | null;
  readonly #tempDir: string;
  readonly #memory: ToolchainMemory;
  readonly #wake: () => void;
  readonly #now: () => number;
  #identity = '';
  /** When the binary is examined again; null = its examination was proved, or is under way. */
  #againAtMs: number | null = null;
  #toolchain: Toolchain = { kind: 'checking' };

  /** `find` looks for the binary anew each time: null = there is none. `tempDir` must be private to this user. */
  constructor(
    find: () => string | null,
    tempDir: string,
    memory: ToolchainMemory,
    wake: () => void,
    now: () => number,
  ) {
    this.#find = find;
    this.#tempDir = tempDir;
    this.#memory = memory;
    this.#wake = wake;
    this.#now = now;
  }

  /** What is known now; a changed binary is examined in the background. */
  read(): Toolchain {
    const path = this.#find();
    if (path === null) return missing('ffmpeg is not on PATH');
    const look = programIdentity(path);
    if (look.kind === 'absent') return missing('what FFMPEG_PATH names is not an executable file');
    // What was known stays known until a look succeeds.
    if (look.kind === 'unknown') return this.#toolchain;
    const identity = look.value;
    if (identity === this.#identity) {
      if (this.#againAtMs !== null && this.#now() >= this.#againAtMs) {
        this.#againAtMs = null;
        void this.#examine(path, identity);
      }
      return this.#toolchain;
    }
    this.#identity = identity;
    this.#againAtMs = null;
    this.#toolchain = recall(this.#memory.load(), identity) ?? { kind: 'checking' };
    if (this.#toolchain.kind === 'checking') void this.#examine(path, identity);
    return this.#toolchain;
  }

  async #examine(path: string, identity: string): Promise<void> {
    const { toolchain, proved } = await examine(path, this.#tempDir);
    if (this.#identity !== identity) return;
    this.#toolchain = toolchain;
    this.#againAtMs = proved ? null : this.#now() + AGAIN_AFTER_MS;
    if (proved) this.#memory.save(JSON.stringify({ identity, toolchain }));
    this.#wake();
  }
}

const missing = (what: string): Toolchain => ({
  kind: 'unusable',
  reason: 'FfmpegMissing',
  message: `${what}: install FFmpeg 5.1 or newer (apt-get install ffmpeg) or set FFMPEG_PATH`,
});

const keptSchema = z.object({
  identity: z.string(),
  toolchain: z.object({
    kind: z.literal('ready').catch('ready'),
    version: z.string(),
    keyDelivery: z.enum(['preset', 'argv']),
    toneMapping: z.boolean(),
  }),
});

function recall(text: string | null, identity: string): Toolchain | null {
  const kept = keptSchema.safeParse(parseJson(text ?? '')).data;
  return kept?.identity === identity ? kept.toolchain : null;
}
