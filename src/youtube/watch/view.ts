import {
  type Channel,
  NO_LOGIN,
  type Quota,
  type Video,
  type YouTubeAnswer,
  type YouTubeLook,
  type YouTubeObservation,
} from '../../reconcile/model/youtube/youtube.ts';

/** What a call found, besides whether it succeeded. */
export type Found =
  | { readonly kind: 'look'; readonly look: YouTubeLook; readonly channel: Channel | null }
  | { readonly kind: 'video'; readonly id: string; readonly video: Video | null }
  | { readonly kind: 'nothing' };

interface ViewSources {
  /** Names the login there is; null = none. */
  readonly login: () => string | null;
  readonly quota: () => Quota;
}

/** What is known of YouTube at any moment. Calls write their answers into it, and a pass reads it without waiting. */
export class YouTubeView {
  readonly #sources: ViewSources;
  /** Without the quota, which each reading asks for anew. */
  #seen = NO_LOGIN;

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  read(): YouTubeObservation {
    const login = this.#sources.login();
    // Another login may be for another channel, so all that was known is dropped.
    if (login !== this.#seen.login) {
      this.#seen = { ...NO_LOGIN, login, asking: this.#seen.asking };
    }
    return { ...this.#seen, quota: login === null ? null : this.#sources.quota() };
  }

  get channel(): Channel | null {
    return this.#seen.channel;
  }

  get isAsking(): boolean {
    return this.#seen.asking !== null;
  }

  /** A call is under way from now on. */
  begin(nonce: string): void {
    this.#seen = { ...this.#seen, asking: nonce };
  }

  /** The call has ended. What it found is dropped if the login has changed meanwhile. */
  end(answer: YouTubeAnswer, found: Found, login: string | null): void {
    const seen = { ...this.#seen, asking: null, answer };
    if (login !== seen.login) this.#seen = { ...this.#seen, asking: null };
    else if (found.kind === 'look') this.#seen = { ...seen, look: found.look, channel: found.channel };
    else if (found.kind === 'video') {
      this.#seen = { ...seen, video: { id: found.id, atMs: answer.atMs, video: found.video } };
    } else this.#seen = seen;
  }
}
