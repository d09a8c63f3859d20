import type { HealthBody } from '../../src/health/body.ts';
import type { NginxRtmp } from '../fixtures/nginx-rtmp.ts';

/** What the ingest and the daemon say at one moment. */
export interface Look {
  readonly ingest: Ingest | null;
  /** null while `/health` does not answer. */
  readonly report: HealthBody | null;
  readonly daemonPid: number | null;
}

/** The same, and what YouTube shows, in one line. */
export interface ShownLook extends Look {
  readonly youtube: string;
}

export interface Ingest {
  readonly publishing: boolean;
  readonly bytes: number;
  /** 0 until two looks were taken. */
  readonly kbps: number;
  readonly width: number;
  readonly height: number;
  readonly forMs: number;
}

/** Looks at the ingest's own statistics and at `/health`; never throws. */
export class Looker {
  readonly #nginx: NginxRtmp;
  readonly #healthUrl: string;
  #before: { readonly bytes: number; readonly atMs: number } | null = null;

  constructor(nginx: NginxRtmp, healthUrl: string) {
    this.#nginx = nginx;
    this.#healthUrl = healthUrl;
  }

  async look(daemonPid: number | null): Promise<Look> {
    const [ingest, report] = await Promise.all([this.ingest(), this.#health()]);
    return { ingest, report, daemonPid };
  }

  /** null when it does not answer. */
  async ingest(): Promise<Ingest | null> {
    const stat = await this.#nginx.stat().catch(() => null);
    if (stat === null) return null;
    const stream = stat.streams.find(({ publishing }) => publishing);
    const atMs = performance.now();
    const bytes = stream?.bytesIn ?? 0;
    const before = this.#before;
    this.#before = stream === undefined ? null : { bytes, atMs };
    const grown = before === null || bytes < before.bytes ? 0 : bytes - before.bytes;
    const kbps = before === null ? 0 : Math.round((grown * 8) / (atMs - before.atMs));
    const { width = 0, height = 0, timeMs = 0 } = stream ?? {};
    return { publishing: stream !== undefined, bytes, kbps, width, height, forMs: timeMs };
  }

  async #health(): Promise<HealthBody | null> {
    try {
      const response = await fetch(this.#healthUrl, { signal: AbortSignal.timeout(2_000) });
      const body = (await response.json()) as HealthBody;
      // Before the first look at the world it says little more than `starting`.
      return 'conditions' in body ? body : null;
    } catch {
      return null;
    }
  }
}
