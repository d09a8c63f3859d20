import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogTail } from './log-tail.ts';
import { type ProgressBlock, ProgressFile } from './progress-file.ts';
import type { Progress, Role, SentPackets } from '../../reconcile/model/run.ts';
import { runFiles, runOfFile } from '../../state/files.ts';

/** When an uplink last wrote its progress, by the wall clock; null = there is no progress file. */
export function lastUplinkProgressMs(stateDir: string): number | null {
  try {
    const times = readdirSync(stateDir)
      .filter((name) => name.endsWith('.progress') && runOfFile(name)?.role === 'uplink')
      .flatMap((name) => statSync(join(stateDir, name), { throwIfNoEntry: false })?.mtimeMs ?? []);
    return times.length === 0 ? null : Math.max(...times);
  } catch {
    return null;
  }
}

/** A line of FFmpeg's log, redacted. */
export interface RunLine {
  readonly role: Role;
  readonly runId: string;
  readonly line: string;
}

/** What the files of one run say. `hasFile`: there is a progress file. `news`: the block that is new in it. */
export interface RunFacts {
  readonly progress: Progress | null;
  readonly news: ProgressBlock | null;
  readonly hasFile: boolean;
  readonly lastError: string | null;
  readonly sent: SentPackets | null;
}

interface Followed {
  readonly progress: ProgressFile;
  readonly log: LogTail;
}

/** Follows the files of all runs of one state directory. */
export class RunFiles {
  readonly #dir: string;
  readonly #redact: (text: string) => string;
  readonly #onLine: (line: RunLine) => void;
  readonly #followed = new Map<string, Followed>();

  constructor(dir: string, redact: (text: string) => string, onLine: (line: RunLine) => void) {
    this.#dir = dir;
    this.#redact = redact;
    this.#onLine = onLine;
  }

  /** Progress and last complaint of one run, as of now. */
  read(role: Role, runId: string, nowMs: number): RunFacts {
    const followed = this.#follow(role, runId);
    for (const line of followed.log.read()) this.#onLine({ role, runId, line });
    const progress = followed.progress.read(nowMs);
    const { news, exists: hasFile, sent } = followed.progress;
    return { progress, news, hasFile, lastError: followed.log.last, sent };
  }

  /** The runs that left files here and are not alive. */
  leftovers(alive: ReadonlySet<string>): readonly { readonly role: Role; readonly runId: string }[] {
    const dead = new Map<string, { readonly role: Role; readonly runId: string }>();
    for (const name of this.#names()) {
      const run = runOfFile(name);
      if (run !== null && !alive.has(run.runId)) dead.set(run.runId, run);
    }
    for (const runId of this.#followed.keys()) if (!alive.has(runId) && !dead.has(runId)) this.#followed.delete(runId);
    return [...dead.values()];
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#dir);
    } catch {
      return [];
    }
  }

  #follow(role: Role, runId: string): Followed {
    const found = this.#followed.get(runId);
    if (found !== undefined) return found;
    const files = runFiles(role, runId);
    const followed: Followed = {
      progress: new ProgressFile(join(this.#dir, files.progress)),
      log: new LogTail(join(this.#dir, files.log), this.#redact),
    };
    this.#followed.set(runId, followed);
    return followed;
  }
}
