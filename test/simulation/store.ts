import type { ProbeCache } from '../../src/observe/probe/cache.ts';
import type { Prober } from '../../src/observe/probe/prober.ts';
import type { ItemFacts, ListedObject } from '../../src/reconcile/model/item.ts';
import type { MediaFailure, MediaFailureReason } from '../../src/reconcile/model/reasons.ts';
import type { Stream } from '../../src/reconcile/model/run.ts';
import type { Sampler } from '../../src/store/fetch/sample.ts';
import { compareNaturally } from '../../src/store/key-order.ts';
import { isMediaObject } from '../../src/store/keys.ts';
import type { MediaResult, Storage } from '../../src/store/port.ts';
import { URL_SECRET } from './secrets.ts';

/** One object as it really is, whatever its container tells. */
export interface SimObject {
  readonly version: number;
  readonly facts: ItemFacts;
  readonly realMs: number;
  /** Media ends here though the container promises more; null = it is whole. */
  readonly truncatedAtMs: number | null;
  /** From here on it has one stream only; null = it has both. */
  readonly missing: { readonly stream: Stream; readonly fromMs: number } | null;
  readonly decodable: boolean;
  /** FFmpeg makes nothing of it, though ffprobe finds nothing wrong. */
  readonly hollow: boolean;
  readonly forbidden: boolean;
  /** The store fails for this one, and for no other. */
  readonly failing: boolean;
}

/** `slow`: less than real time. `dead`: connections stand and bring nothing. `down`: connections are refused and cut. */
export type StoreMode = 'up' | 'slow' | 'dead' | 'down';

const ANSWERS_AFTER_MS = { up: 120, slow: 2_500, dead: 4_000, down: 300 } as const;
const SAMPLES_AFTER_MS = { up: 150, slow: 2_750, dead: 2_500, down: 300 } as const;

/** The objects, and a `Storage` over them whose answers take their (virtual) time. */
export class SimObjectStore implements Storage {
  mode: StoreMode = 'up';
  readonly objects = new Map<string, SimObject>();
  readonly #later: (ms: number) => Promise<void>;
  readonly #nowMs: () => number;

  /** `later` resolves after this much virtual time. */
  constructor(nowMs: () => number, later: (ms: number) => Promise<void>) {
    this.#nowMs = nowMs;
    this.#later = later;
  }

  async listMedia(prefix: string): Promise<MediaResult<readonly ListedObject[]>> {
    await this.#answer();
    if (!this.#reachable) return unreachable();
    const found = [...this.objects].filter(
      ([key, { facts }]) => key.startsWith(prefix) && isMediaObject(key, facts.sizeBytes),
    );
    const keys = found.map(([key]) => key).sort(compareNaturally);
    return { kind: 'ok', value: keys.map((key) => listed(this.objects.get(key)!)) };
  }

  async statMedia(key: string): Promise<MediaResult<ListedObject>> {
    await this.#answer();
    if (!this.#reachable) return unreachable();
    const object = this.objects.get(key);
    if (object === undefined) return failed('MediaNotFound', `no object ${JSON.stringify(key)}`);
    if (object.forbidden) return failed('MediaForbidden', `access to ${JSON.stringify(key)} is denied`);
    if (object.failing) return failed('StorageError', `the store failed to describe ${JSON.stringify(key)} (HTTP 500)`);
    return { kind: 'ok', value: listed(object) };
  }

  getStreamUrl(key: string, ttlS: number): Promise<MediaResult<string>> {
    const expires = this.#nowMs() + ttlS * 1_000;
    const value = `https://store.example/${encodeURIComponent(key)}?X-Amz-Expires=${expires}&X-Amz-Signature=${URL_SECRET}`;
    return Promise.resolve({ kind: 'ok', value });
  }

  /** As ffprobe over a signed address. */
  readonly probe: Prober = async (_url, { key }) => {
    await this.#answer();
    if (!this.#reachable) return unreachable();
    const object = this.objects.get(key);
    if (object === undefined) return failed('MediaNotFound', `no object ${JSON.stringify(key)}`);
    if (!object.decodable) return failed('MediaUndecodable', `${JSON.stringify(key)} is not media`);
    return { kind: 'ok', value: object.facts };
  };

  /** As bytes read over a signed address. */
  readonly sample: Sampler = async (_url, key) => {
    await this.#later(SAMPLES_AFTER_MS[this.mode]);
    if (!this.#reachable) return UNREACHABLE;
    const object = this.objects.get(key);
    if (object === undefined) return { reason: 'MediaNotFound', message: `no object ${JSON.stringify(key)}` };
    if (object.forbidden) return { reason: 'MediaForbidden', message: `access to ${JSON.stringify(key)} is denied` };
    return this.mode === 'slow' ? { reason: 'StorageSlow', message: 'the store gives too little' } : null;
  };

  get #reachable(): boolean {
    return this.mode === 'up' || this.mode === 'slow';
  }

  #answer(): Promise<void> {
    return this.#later(ANSWERS_AFTER_MS[this.mode]);
  }
}

/** When an address of this store ends. */
export const expiryOf = (url: string): number => Number(new URL(url).searchParams.get('X-Amz-Expires'));

const listed = ({ facts: { key, version, sizeBytes } }: SimObject): ListedObject => ({ key, version, sizeBytes });

const failed = (reason: MediaFailureReason, message: string): MediaResult<never> => ({
  kind: 'failed',
  failure: { reason, message },
});

const UNREACHABLE: MediaFailure = { reason: 'StorageUnreachable', message: 'the store does not answer' };
const unreachable = (): MediaResult<never> => ({ kind: 'failed', failure: UNREACHABLE });

/** Facts found earlier, which outlive a daemon. */
export class SimProbeCache implements ProbeCache {
  readonly #facts = new Map<string, ItemFacts>();

  get(key: string, version: string): ItemFacts | null {
    const found = this.#facts.get(key);
    return found?.version === version ? found : null;
  }

  put(facts: ItemFacts): void {
    this.#facts.set(facts.key, facts);
  }

  clear(): void {
    this.#facts.clear();
  }
}
