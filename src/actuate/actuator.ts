import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { drainFeed, type Feed } from './feed.ts';
import { type MediaInput, mediaInput, mediaStdin, secondAddress, seekableToMs } from './ffmpeg/media-input.ts';
import { clipList, slateList } from './ffmpeg/clip-argv.ts';
import { filtersOf } from './ffmpeg/picture-argv.ts';
import { playoutArgv } from './ffmpeg/playout-argv.ts';
import { presetText, uplinkArgv, type UplinkKey } from './ffmpeg/uplink-argv.ts';
import { unlinkedFile, withFds } from './process/descriptors.ts';
import { type Launch, launch, type OnExit } from './process/launch.ts';
import { playoutCommand, uplinkCommand } from './process/pipeline.ts';
import { sendSignal } from './process/signal.ts';
import type { ByteSample, ItemFacts, LocalCopy } from '../reconcile/model/item.ts';
import type { Toolchain } from '../reconcile/model/observation.ts';
import type { Action } from '../reconcile/model/plan.ts';
import type { HouseFormat } from '../reconcile/model/playout.ts';
import type { Marker, Role } from '../reconcile/model/run.ts';
import { recordOf } from '../reconcile/playout/record.ts';
import type { ActionResult } from '../reconcile/ports.ts';
import { runFiles } from '../state/files.ts';
import type { StateDir } from '../state/state-dir.ts';
import type { MediaResult } from '../store/port.ts';
import type { YouTubeCall } from '../reconcile/model/youtube/youtube.ts';

/** What the actuator works with. */
export interface ActuatorParts {
  readonly stateId: string;
  readonly stateDir: string;
  readonly store: StateDir;
  readonly feed: Feed;
  readonly ffmpegPath: () => string | null;
  readonly toolchain: () => Toolchain;
  readonly rtmpUrl: string;
  readonly streamKey: string | null;
  readonly caFile: string | null;
  readonly getStreamUrl: (key: string) => Promise<MediaResult<string>>;
  readonly inspectItem: (key: string, maxAgeMs: number, sample: ByteSample | null) => void;
  readonly mendFacts: (facts: ItemFacts) => void;
  readonly listMedia: (prefix: string, maxAgeMs: number) => void;
  readonly keepCopy: (key: string, maxAgeMs: number) => void;
  readonly keepClip: (id: string, copy: LocalCopy | null, format: HouseFormat) => void;
  readonly probeIngest: () => void;
  /** Begins a call and returns at once. */
  readonly askYouTube: (nonce: string, call: YouTubeCall) => ActionResult;
  readonly onExit: OnExit;
}

/** Carries out actions; it decides nothing. */
export class Actuator {
  readonly #parts: ActuatorParts;

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
  }

  async act(action: Action): Promise<ActionResult> {
    const parts = this.#parts;
    switch (action.kind) {
      case 'startUplink':
        return this.#startUplink(action);
      case 'startPlayout':
        return this.#startPlayout(action);
      case 'signal': {
        const { run, signal, scope } = action;
        return sendSignal(run.process, this.#marker(run.role, run), signal, scope);
      }
      case 'inspectItem':
        parts.inspectItem(action.key, action.maxAgeMs, action.sample);
        return { kind: 'done' };
      case 'mendFacts':
        parts.mendFacts(action.facts);
        return { kind: 'done' };
      case 'listMedia':
        parts.listMedia(action.prefix, action.maxAgeMs);
        return { kind: 'done' };
      case 'keepCopy':
        parts.keepCopy(action.key, action.maxAgeMs);
        return { kind: 'done' };
      case 'keepClip':
        parts.keepClip(action.id, action.copy, action.format);
        return { kind: 'done' };
      case 'probeIngest':
        parts.probeIngest();
        return { kind: 'done' };
      case 'askYouTube':
        return parts.askYouTube(action.nonce, action.call);
      case 'forgetRun': {
        const files = runFiles(action.role, action.runId);
        const failure = parts.store.remove(files.progress) ?? parts.store.remove(files.log);
        return failure === null ? { kind: 'done' } : { kind: 'failed', why: failure };
      }
      case 'exit':
        return { kind: 'done' };
    }
  }

  #startUplink(action: Extract<Action, { kind: 'startUplink' }>): ActionResult {
    const { stateDir, streamKey, rtmpUrl, caFile, feed } = this.#parts;
    const ffmpeg = this.#parts.ffmpegPath();
    if (ffmpeg === null || streamKey === null) return { kind: 'failed', why: 'FFmpeg or the stream key is missing' };
    const toolchain = this.#parts.toolchain();
    if (toolchain.kind !== 'ready') return { kind: 'failed', why: 'FFmpeg is being looked at' };
    drainFeed(feed);
    const key: UplinkKey = toolchain.keyDelivery === 'preset' ? { kind: 'preset' } : { kind: 'argv', streamKey };
    const target = { url: rtmpUrl, key, caFile, ffmpegVersion: toolchain.version };
    const files = this.#files('uplink', action.runId);
    const preset = () => (key.kind === 'preset' ? unlinkedFile(presetText(streamKey), stateDir) : null);
    return withFds([preset, () => openSync(files.progress, 'a', 0o600)], (fds) =>
      this.#launch({
        marker: this.#marker('uplink', action),
        record: null,
        ...uplinkCommand(ffmpeg, uplinkArgv(target)),
        logPath: files.log,
        stdin: feed.fifoFd,
        stdout: null,
        extraFds: [feed.uplinkLockFd, ...fds],
      }),
    );
  }

  async #startPlayout(action: Extract<Action, { kind: 'startPlayout' }>): Promise<ActionResult> {
    const { spec } = action;
    const ffmpeg = this.#parts.ffmpegPath();
    if (ffmpeg === null) return { kind: 'failed', why: 'FFmpeg is missing' };
    const input = spec.kind === 'slate' ? null : await this.#inputFor(spec.facts.key);
    if (input !== null && 'why' in input) return input;
    const filters = filtersOf(this.#parts.toolchain());
    const files = this.#files('playout', action.runId);
    const { feed } = this.#parts;
    const { clip } = spec;
    const backdrop = clip ?? (spec.kind === 'slate' ? spec.source : spec.backdrop);
    const turns = (): number | null => {
      if (clip === null) return null;
      const list = spec.kind === 'slate' ? slateList() : clipList(clip, action.seenAtWallMs);
      return unlinkedFile(list, this.#parts.stateDir);
    };
    const isItem = input !== null && spec.kind === 'item';
    const local = input?.kind === 'local' ? input.path : null;
    const opened = [local, backdrop?.path ?? null, () => openSync(files.progress, 'a', 0o600), turns];
    return withFds(opened, ([media = null, picture = null, progress = null, list = null]) =>
      this.#launch({
        marker: this.#marker('playout', action),
        record: JSON.stringify(recordOf(spec, action.seenAtWallMs)),
        ...playoutCommand(ffmpeg, playoutArgv(spec, input, filters), action.reservoirBytes),
        logPath: files.log,
        stdin: isItem ? mediaStdin(input, spec.facts, { durationMs: seekableToMs(spec) }) : '',
        stdout: feed.fifoFd,
        extraFds: [
          feed.programLockFd,
          media,
          picture,
          isItem ? secondAddress(input, spec.facts) : null,
          progress,
          list,
        ],
      }),
    );
  }

  async #inputFor(key: string): Promise<MediaInput | { readonly kind: 'failed'; readonly why: string }> {
    const { getStreamUrl, caFile } = this.#parts;
    const url = await getStreamUrl(key);
    if (url.kind === 'failed') return { kind: 'failed', why: url.failure.message };
    return mediaInput(url.value, caFile);
  }

  #launch(wanted: Launch): ActionResult {
    const result = launch(wanted, this.#parts.caFile, this.#parts.onExit);
    return result.kind === 'started'
      ? { kind: 'done', detail: `pid ${result.pid}` }
      : { kind: 'failed', why: result.message };
  }

  #marker(role: Role, { runId, specHash }: { readonly runId: string; readonly specHash: string }): Marker {
    return { stateId: this.#parts.stateId, role, specHash, runId };
  }

  /** Where the run writes. In a directory that cannot be written it runs all the same, without progress and log. */
  #files(role: Role, runId: string): { readonly progress: string; readonly log: string } {
    const { stateDir } = this.#parts;
    const names = runFiles(role, runId);
    const files = { progress: join(stateDir, names.progress), log: join(stateDir, names.log) };
    try {
      for (const path of [files.log, files.progress]) closeSync(openSync(path, 'a', 0o600));
      return files;
    } catch {
      return { progress: '/dev/null', log: '/dev/null' };
    }
  }
}
