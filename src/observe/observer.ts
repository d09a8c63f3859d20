import type { RunsLook } from './runs/runs.ts';
import type { DesiredFile, DesiredSpec } from '../reconcile/model/desired.ts';
import type {
  DesiredObservation,
  IngestProbe,
  MediaTables,
  NotifierView,
  Observation,
  Obstacle,
  RecycleSchedule,
  Toolchain,
} from '../reconcile/model/observation.ts';
import type { YouTubeObservation } from '../reconcile/model/youtube/youtube.ts';

/** Where the parts of one look come from. */
export interface ObserverSources {
  readonly readDesired: () => Promise<DesiredFile>;
  /** `mayStart`: while no uplink lives one may be started upon this look. */
  readonly lookAtRuns: (mayStart: boolean) => RunsLook;
  readonly lookAtMedia: () => Promise<MediaTables>;
  readonly toolchain: () => Toolchain;
  readonly mbuffer: () => Observation['mbuffer'];
  readonly ingest: () => IngestProbe;
  readonly obstacles: readonly Obstacle[];
  readonly notifier: () => NotifierView | null;
  readonly recycle: (spec: DesiredSpec | null) => RecycleSchedule | null;
  readonly youtube: () => YouTubeObservation;
}

/** Takes one look at everything. Keeps the last valid desired.yaml (`accepted`) from look to look. */
export class Observer {
  readonly #sources: ObserverSources;
  #accepted: DesiredObservation['accepted'];

  /** `lastGood`: the last valid file that an earlier daemon kept; null = there is none. */
  constructor(sources: ObserverSources, lastGood: DesiredFile | null) {
    this.#sources = sources;
    this.#accepted = lastGood?.kind === 'ok' ? { hash: lastGood.hash, spec: lastGood.spec } : null;
  }

  async observe(): Promise<Observation> {
    const { obstacles } = this.#sources;
    const media = await this.#sources.lookAtMedia();
    const file = await this.#sources.readDesired();
    if (file.kind === 'ok' && file.hash !== this.#accepted?.hash) this.#accepted = { hash: file.hash, spec: file.spec };
    return {
      desired: { file, accepted: this.#accepted },
      ...this.#sources.lookAtRuns(this.#accepted?.spec.running === true),
      media,
      recycle: this.#sources.recycle(this.#accepted?.spec ?? null),
      toolchain: this.#sources.toolchain(),
      mbuffer: this.#sources.mbuffer(),
      ingest: this.#sources.ingest(),
      obstacles,
      youtube: this.#sources.youtube(),
      notifier: this.#sources.notifier(),
    };
  }
}
