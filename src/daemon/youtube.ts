import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NO_LOGIN, type YouTubeCall, type YouTubeObservation } from '../reconcile/model/youtube/youtube.ts';
import type { ActionResult } from '../reconcile/ports.ts';
import { STATE_FILES } from '../state/files.ts';
import { readPicture } from '../store/fetch/picture.ts';
import type { Storage } from '../store/port.ts';
import type { YouTubeCaller } from '../youtube/watch/caller.ts';
import type { YouTubeView } from '../youtube/watch/view.ts';
import type { YouTubeConnection } from '../youtube/connect.ts';
import type { Thumbnail, YouTubeResult } from '../youtube/port.ts';
import type { YouTubeSettings } from '../youtube/settings.ts';

interface YouTubeSideParts {
  /** null = there is no OAuth client, so a login is of no use. */
  readonly settings: YouTubeSettings | null;
  readonly stateDir: string;
  readonly streamKey: string | null;
  readonly storage: Storage;
  readonly caFile: string | null;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly wake: () => void;
  /** Called where this machine cannot load the code for YouTube, or its bundle of authorities; it is tried again after a minute. */
  readonly onProblem: (why: string) => void;
}

/** How often the login is read, so that one by another process is noticed. */
const LOGIN_EVERY_MS = 1_000;
/** Loading fails where a file cannot be opened, such as the authorities for https, and that may pass. */
const LOAD_AGAIN_MS = 60_000;

/** YouTube for the daemon. Its code is loaded when there is a login, and not before. */
export class YouTubeSide {
  readonly #parts: YouTubeSideParts;
  readonly #tokenFile: string;
  #loaded: { readonly view: YouTubeView; readonly caller: YouTubeCaller } | null = null;
  /** When its code was loaded, or that was tried last; null = never. */
  #triedAtMs: number | null = null;
  #login: { readonly name: string | null; readonly readAtMs: number } | null = null;

  constructor(parts: YouTubeSideParts) {
    this.#parts = parts;
    this.#tokenFile = join(parts.stateDir, STATE_FILES.youtubeToken);
  }

  /** What is known of YouTube. Never waits. */
  read(): YouTubeObservation {
    if (this.#loaded !== null) return this.#loaded.view.read();
    const { settings, nowMs } = this.#parts;
    const isDue = this.#triedAtMs === null || nowMs() - this.#triedAtMs >= LOAD_AGAIN_MS;
    if (settings !== null && isDue && existsSync(this.#tokenFile)) {
      this.#triedAtMs = nowMs();
      this.#load(settings).catch((error: unknown) => this.#parts.onProblem(String(error)));
    }
    return NO_LOGIN;
  }

  /** Begins a call and returns at once. */
  ask(nonce: string, call: YouTubeCall): ActionResult {
    if (this.#loaded === null) return { kind: 'withheld', why: 'there is no login' };
    return this.#loaded.caller.ask(nonce, call);
  }

  async #load(settings: YouTubeSettings): Promise<void> {
    const { stateDir, streamKey, storage, caFile, nowMs, wake } = this.#parts;
    const [{ connectYouTube }, { YouTubeView }, { YouTubeCaller }] = await Promise.all([
      import('../youtube/connect.ts'),
      import('../youtube/watch/view.ts'),
      import('../youtube/watch/caller.ts'),
    ]);
    const connection = connectYouTube(settings, { stateDir, caFile, monoMs: nowMs });
    const view = new YouTubeView({ login: () => this.#loginNow(connection), quota: () => connection.ledger.read() });
    const { youtube } = connection;
    const thumbnail = async (key: string): Promise<YouTubeResult<Thumbnail>> => {
      const read = await readPicture(storage, key, caFile);
      if (read.kind === 'ok') return { kind: 'ok', value: read.picture };
      const kind = read.kind === 'unfit' ? 'invalid' : 'missing';
      const message = `the thumbnail cannot be used: ${read.why}`;
      return { kind: 'failed', failure: { kind, reason: 'thumbnail', message, retryAfterMs: null } };
    };
    this.#loaded = { view, caller: new YouTubeCaller({ youtube, view, streamKey, thumbnail, nowMs, wake }) };
    wake();
  }

  /** A name of the login that does not disclose it; null = there is none. */
  #loginNow({ readLogin }: YouTubeConnection): string | null {
    const nowMs = this.#parts.nowMs();
    if (this.#login !== null && nowMs - this.#login.readAtMs < LOGIN_EVERY_MS) return this.#login.name;
    const read = readLogin();
    const name =
      read.kind === 'none' ? null : read.kind === 'unreadable' ? 'unreadable' : nameOf(read.login.refreshToken);
    this.#login = { name, readAtMs: nowMs };
    return name;
  }
}

const nameOf = (refreshToken: string): string => createHash('sha256').update(refreshToken).digest('hex').slice(0, 12);
