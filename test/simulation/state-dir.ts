import type { Role } from '../../src/reconcile/model/run.ts';
import type { StateDir } from '../../src/state/state-dir.ts';
import { newFeed, type SimFeed } from './feed.ts';

/** What a run wrote: the last block of its progress file and the last line of its log. */
export interface RunFile {
  readonly runId: string;
  readonly role: Role;
  /** null = nothing written yet. */
  progress: { outTimeMs: number; totalBytes: number; ended: boolean; pictures?: number } | null;
  lastError: string | null;
}

/** The state directory and the disk below it. */
export class SimStateDir {
  exists = true;
  disk: 'ok' | 'full' | 'readonly' = 'ok';
  readonly texts = new Map<string, string>();
  readonly runs = new Map<string, RunFile>();
  /** The FIFO and the locks that the names lead to; null = there are no such names. */
  feed: SimFeed | null = null;

  /** Why nothing can be written; null = it can. */
  get refusal(): string | null {
    if (this.disk === 'full') return 'ENOSPC: no space left on device, write';
    return this.disk === 'readonly' ? 'EROFS: read-only file system' : null;
  }

  /** As `mkdir -p` and `openFeed`; what living runs use goes before the names. null = it cannot be. */
  openFeed(living: Partial<SimFeed>): SimFeed | null {
    if (!this.exists || this.feed === null) {
      if (this.refusal !== null) return null;
      this.exists = true;
      this.feed = newFeed();
    }
    return { ...this.feed, ...living };
  }

  /** The files of a new run; null = it has to write to /dev/null. */
  openRun(role: Role, runId: string): RunFile | null {
    if (!this.exists || this.disk === 'readonly') return null;
    const file: RunFile = { role, runId, progress: null, lastError: null };
    this.runs.set(runId, file);
    return file;
  }

  /** Somebody deletes everything, names and all; what is open stays open. */
  delete(): void {
    this.exists = false;
    this.texts.clear();
    this.runs.clear();
    this.feed = null;
  }
}

/** The store of one daemon, with the promises of `StateDir`. */
export class SimStateStore implements Pick<StateDir, keyof StateDir> {
  readonly #dir: SimStateDir;
  readonly #written = new Map<string, string>();

  constructor(dir: SimStateDir) {
    this.#dir = dir;
  }

  load(name: string): string | null {
    return this.#dir.texts.get(name) ?? null;
  }

  save(name: string, text: string): string | null {
    if (this.#written.get(name) === text) return null;
    const failure = this.#attempt();
    if (failure !== null) return failure;
    this.#dir.texts.set(name, text);
    this.#written.set(name, text);
    return null;
  }

  saveDurably(name: string, text: string): string | null {
    return this.save(name, text);
  }

  remove(name: string): string | null {
    this.#written.delete(name);
    if (!this.#dir.exists || !this.#dir.texts.has(name)) return null;
    if (this.#dir.disk === 'readonly') return this.#dir.refusal;
    this.#dir.texts.delete(name);
    return null;
  }

  savePid(name: string, pid: number | null): string | null {
    const found = this.load(name);
    if (pid === null) return found === null ? null : this.remove(name);
    if (found === `${pid}\n`) return null;
    this.#written.delete(name);
    return this.save(name, `${pid}\n`);
  }

  appendHistory(line: string): string | null {
    return this.#append('history.jsonl', line);
  }

  appendPlayed(line: string): string | null {
    return this.#append('played.jsonl', line);
  }

  #append(name: string, line: string): string | null {
    const failure = this.#attempt();
    if (failure !== null) return failure;
    const lines = (this.load(name) ?? '').split('\n').slice(-50);
    this.#dir.texts.set(name, [...lines, line].join('\n'));
    return null;
  }

  #attempt(): string | null {
    if (this.#dir.refusal !== null) return this.#dir.refusal;
    if (!this.#dir.exists) {
      this.#dir.exists = true;
      this.#written.clear();
    }
    return null;
  }
}
