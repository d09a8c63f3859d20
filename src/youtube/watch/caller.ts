import { lookAtYouTube } from './look.ts';
import type { Found, YouTubeView } from './view.ts';
import type { YouTubeAnswer, YouTubeCall } from '../../reconcile/model/youtube/youtube.ts';
import type { ActionResult } from '../../reconcile/ports.ts';
import type { Thumbnail, YouTube, YouTubeResult } from '../port.ts';

interface YouTubeCallerParts {
  readonly youtube: YouTube;
  readonly view: YouTubeView;
  readonly streamKey: string | null;
  /** The picture under this key, as the store has it. */
  readonly thumbnail: (key: string) => Promise<YouTubeResult<Thumbnail>>;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Called when an answer has come. */
  readonly wake: () => void;
}

interface CarriedOut {
  readonly outcome: YouTubeAnswer['outcome'];
  readonly found: Found;
}

/** Carries out calls beside the passes: `ask` starts a call and returns at once, and a later pass sees its answer. */
export class YouTubeCaller {
  readonly #parts: YouTubeCallerParts;

  constructor(parts: YouTubeCallerParts) {
    this.#parts = parts;
  }

  ask(nonce: string, call: YouTubeCall): ActionResult {
    const { view } = this.#parts;
    if (view.isAsking) return { kind: 'withheld', why: 'another call to YouTube is under way' };
    const { login } = view.read();
    view.begin(nonce);
    void this.#carryOut(call).then(({ outcome, found }) => {
      view.end({ nonce, atMs: this.#parts.nowMs(), outcome }, found, login);
      this.#parts.wake();
    });
    return { kind: 'done' };
  }

  async #carryOut(call: YouTubeCall): Promise<CarriedOut> {
    const { youtube, view, streamKey, thumbnail, nowMs } = this.#parts;
    try {
      switch (call.kind) {
        case 'look': {
          const looked = await lookAtYouTube(youtube, call, { streamKey, channel: view.channel }, nowMs);
          return looked.kind === 'ok' ? { outcome: DONE, found: looked.value } : { outcome: looked, found: NOTHING };
        }
        case 'readVideo': {
          const videos = await youtube.videos([call.id]);
          if (videos.kind === 'failed') return { outcome: videos, found: NOTHING };
          const video = videos.value.find(({ id }) => id === call.id) ?? null;
          return { outcome: DONE, found: { kind: 'video', id: call.id, video } };
        }
        case 'insert': {
          const inserted = await youtube.insertBroadcast(call.broadcast);
          const outcome = inserted.kind === 'ok' ? ({ kind: 'ok', id: inserted.value.id } as const) : inserted;
          return { outcome, found: NOTHING };
        }
        case 'bind':
          return written(await youtube.bindBroadcast(call.id, call.streamId));
        case 'transition':
          return written(await youtube.transitionBroadcast(call.id, call.to));
        case 'delete':
          return written(await youtube.deleteBroadcast(call.id));
        case 'edit':
          return written(await youtube.editVideo(call.id, call.edit));
        case 'thumbnail': {
          const picture = await thumbnail(call.key);
          return written(picture.kind === 'failed' ? picture : await youtube.setThumbnail(call.id, picture.value));
        }
        case 'addToPlaylist':
          return written(await youtube.addToPlaylist(call.playlist, call.id));
      }
    } catch (error) {
      // A bug of ours: it becomes an answer that failed, and the stream goes on.
      const message = `the call failed: ${error instanceof Error ? error.name : 'unknown'}`;
      const failure = { kind: 'unavailable', reason: 'internalError', message, retryAfterMs: null } as const;
      return { outcome: { kind: 'failed', failure }, found: NOTHING };
    }
  }
}

const DONE = { kind: 'ok', id: null } as const;
const NOTHING: Found = { kind: 'nothing' };

const written = (result: YouTubeResult<null>): CarriedOut => ({
  outcome: result.kind === 'ok' ? DONE : result,
  found: NOTHING,
});
