import type { BroadcastSpec } from './youtube/youtube.ts';

/** `desired.yaml` after parsing: what the operator wants. */
export interface DesiredSpec {
  readonly running: boolean;
  readonly media: MediaSource;
  readonly bitrateKbps: number;
  readonly resolution: Resolution;
  readonly fps: number;
  readonly encode: Encode;
  readonly order: Order;
  /** Key of an image or clip shown while no item can be played; null = the built-in picture. */
  readonly slate: string | null;
  /** Images or looping clips shown under audio-only items, another one for each; null = the slate's picture. */
  readonly visual: MediaSource | null;
  /** Cron expression at which the broadcast is ended and a new one begun. */
  readonly recycle: string | null;
  readonly recyclePauseMs: number;
  /** IANA name, for `recycle` and the dates of a broadcast. */
  readonly timezone: string;
  /** The broadcast YouTube is to show; null = nothing at YouTube is changed. */
  readonly broadcast: BroadcastSpec | null;
}

export type MediaSource =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'list'; readonly keys: readonly string[] }
  | { readonly kind: 'prefix'; readonly prefix: string };

/** Whether the media have an item of this key, as far as the file tells: under a prefix any key counts. */
export function isNamed(media: MediaSource, key: string): boolean {
  switch (media.kind) {
    case 'key':
      return media.key === key;
    case 'list':
      return media.keys.includes(key);
    case 'prefix':
      return key.startsWith(media.prefix);
  }
}

/** The most visuals used: each is kept on this machine. Of a prefix the first ones count, and a longer list is refused. */
export const MOST_VISUALS = 32;

export interface Resolution {
  readonly width: number;
  readonly height: number;
}

export type Encode = 'auto' | 'copy' | 'transcode';
export type Order = 'listed' | 'shuffled';

/** The file as it was last seen. `hash`: first 12 hex digits of SHA-256 of its bytes, as `sha256sum` prints them. */
export type DesiredFile =
  | { readonly kind: 'ok'; readonly hash: string; readonly spec: DesiredSpec }
  | { readonly kind: 'invalid'; readonly hash: string | null; readonly problems: readonly SpecProblem[] }
  | { readonly kind: 'missing'; readonly message: string };

/** One thing wrong with the file; `line` and `column` count from 1. */
export interface SpecProblem {
  readonly line: number;
  readonly column: number;
  /** What was found, what is accepted, and the nearest known name where there is one. */
  readonly message: string;
}

/** What signals told the daemon. `stop` outranks the file: the stream goes off air and the daemon ends. */
export type Intent = 'run' | 'stop';

/** The desired state, from the file, the signals and `recycle` together. */
export type DesiredState =
  | { readonly kind: 'onAir'; readonly spec: DesiredSpec; readonly hash: string }
  | {
      readonly kind: 'offAir';
      readonly reason: 'StoppedByFile' | 'ShuttingDown' | 'Recycling';
      readonly hash: string | null;
    }
  /** There has been no valid file yet: what runs is left alone. */
  | { readonly kind: 'none'; readonly reason: 'DesiredMissing' | 'DesiredInvalid'; readonly message: string };
