import { z } from 'zod';
import { examine } from './examine.ts';
import type { Toolchain } from '../../reconcile/model/observation.ts';
import { programIdentity } from '../../system/programs.ts';
import { parseJson } from '../../system/json.ts';

/** A failure may be of the moment: an upgrade under way, no memory to fork. */
const AGAIN_AFTER_MS = 30_000;

/** What was found out about one very binary; kept, so that a start does not wait for it again. */
export interface ToolchainMemory {
  load(): string | null;
  save(text: string): void;
}

/** Watches the FFmpeg binary: asks it who it is, proves how the stream key can be handed over, and again when it changes. */
export class ToolchainWatch {
  readonly #find: () => string | null;
  readonly #tempDir: string;
  readonly #memory: ToolchainMemory;
  readonly #wake: () => void;
  readonly #now: () => number;
  #identity = '';
  /** When an answer that was not proved is worth another look; null = it was. */
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

  /** What is known now; a changed binary is looked at in the background. */
  read(): Toolchain {
    const path = this.#find();
    if (path === null) return missing('ffmpeg is not on PATH');
    const identity = programIdentity(path);
    if (identity === null) return missing('what FFMPEG_PATH names is not an executable file');
    if (identity === this.#identity) {
      if (this.#againAtMs !== null && this.#now() >= this.#againAtMs) {
        this.#againAtMs = null;
        void this.#examine(path, identity);
      }
      return this.#toolchain;
    }
    this.#identity = identity;
    this.#againAtMs = null;
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
