import type {
  Broadcast,
  LifeCycle,
  Video,
  YouTubeCall,
  YouTubeFailure,
  YouTubeFailureKind,
} from '../../../src/reconcile/model/youtube/youtube.ts';

export const STREAM_ID = 'our-stream';
const HOUR_MS = 3_600_000;

interface ModelBroadcast {
  readonly id: string;
  title: string;
  description: string;
  privacy: Broadcast['privacy'];
  lifeCycle: LifeCycle;
  streamId: string | null;
  readonly scheduledAtMs: number | null;
  startedAtMs: number | null;
  endedAtMs: number | null;
  readonly createdAtMs: number;
  startsAtMs: number | null;
  readonly ours: boolean;
}

export type ModelAnswer =
  | { readonly kind: 'ok'; readonly id: string | null; readonly found?: unknown }
  | { readonly kind: 'failed'; readonly failure: YouTubeFailure };

/** YouTube as far as our calls reach, in time that the test lets pass. */
export class YouTubeModel {
  nowMs: number;
  /** Our bytes arrive. */
  streamActive = false;
  hasStream = true;
  readonly broadcasts = new Map<string, ModelBroadcast>();
  /** Every call is answered so, and nothing is done. */
  fails: YouTubeFailureKind | null = null;
  /** This call is refused so, as long as it is set. */
  refuses: { readonly call: YouTubeCall['kind']; readonly kind: YouTubeFailureKind } | null = null;
  /** Seconds to live. */
  startsAfterMs = 6_000;
  stuckStarts = 0;
  /** Lists show a broadcast so long after it was created. */
  listLagMs = 0;
  used = 0;
  readonly log: string[] = [];
  readonly edits: { readonly id: string; readonly edit: object }[] = [];
  created = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  pass(ms: number): void {
    this.nowMs += ms;
    for (const broadcast of this.broadcasts.values()) {
      if (broadcast.lifeCycle !== 'liveStarting' || broadcast.startsAtMs === null || this.nowMs < broadcast.startsAtMs)
        continue;
      broadcast.lifeCycle = 'live';
      broadcast.startedAtMs = this.nowMs;
    }
  }

  get live(): readonly string[] {
    return [...this.broadcasts.values()]
      .filter(({ lifeCycle, streamId }) => lifeCycle === 'live' && streamId === STREAM_ID)
      .map(({ id }) => id);
  }

  /** Somebody does it in Studio. */
  beginInStudio(ageMs = 0, streamId = STREAM_ID): string {
    const id = `studio${this.broadcasts.size + 1}`;
    this.broadcasts.set(id, {
      id,
      title: `from Studio ${id}`,
      description: 'theirs',
      privacy: 'public',
      lifeCycle: 'live',
      streamId,
      scheduledAtMs: null,
      startedAtMs: this.nowMs - ageMs,
      endedAtMs: null,
      createdAtMs: this.nowMs - ageMs,
      startsAtMs: null,
      ours: false,
    });
    return id;
  }

  end(id: string): void {
    const broadcast = this.broadcasts.get(id);
    if (broadcast === undefined) throw new Error(`no broadcast ${id}`);
    broadcast.lifeCycle = 'complete';
    broadcast.endedAtMs = this.nowMs;
  }

  /** What the call does and how it is answered; `unavailable` may be said of a call that was carried out by who asks. */
  take(call: YouTubeCall): ModelAnswer {
    if (this.fails !== null) return failed(this.fails);
    if (this.refuses?.call === call.kind) {
      this.used += costOf(call);
      return failed(this.refuses.kind);
    }
    this.used += costOf(call);
    if (call.kind !== 'look' && call.kind !== 'readVideo')
      this.log.push(`${call.kind}${'to' in call ? ` ${call.to}` : ''}`);
    switch (call.kind) {
      case 'look':
        return { kind: 'ok', id: null, found: this.#look(call) };
      case 'readVideo':
        return { kind: 'ok', id: null, found: this.#video(call.id) };
      case 'insert': {
        const id = `b${++this.created}`;
        const { title, description, privacy, scheduledAtMs } = call.broadcast;
        this.broadcasts.set(id, {
          id,
          title,
          description,
          privacy,
          lifeCycle: 'created',
          streamId: null,
          scheduledAtMs,
          startedAtMs: null,
          endedAtMs: null,
          createdAtMs: this.nowMs,
          startsAtMs: null,
          ours: true,
        });
        return { kind: 'ok', id };
      }
      case 'bind':
      case 'transition':
      case 'delete':
      case 'edit':
      case 'thumbnail':
      case 'addToPlaylist':
        return this.#change(call, this.broadcasts.get(call.id));
    }
  }

  #change(
    call: Exclude<YouTubeCall, { readonly kind: 'look' | 'readVideo' | 'insert' }>,
    broadcast: ModelBroadcast | undefined,
  ): ModelAnswer {
    if (broadcast === undefined) return call.kind === 'delete' ? OK : failed('missing');
    const { lifeCycle } = broadcast;
    switch (call.kind) {
      case 'bind':
        if (lifeCycle !== 'created' && lifeCycle !== 'ready') return failed('conflict');
        broadcast.streamId = call.streamId;
        broadcast.lifeCycle = 'ready';
        return OK;
      case 'delete':
        if (lifeCycle === 'live') return failed('conflict');
        this.broadcasts.delete(call.id);
        return OK;
      case 'transition':
        if (call.to === 'complete') {
          if (lifeCycle === 'complete') return OK;
          if (lifeCycle !== 'live' && lifeCycle !== 'testing') return failed('conflict');
          this.end(call.id);
          return OK;
        }
        if (lifeCycle === 'live' || lifeCycle === 'liveStarting') return OK;
        if (lifeCycle !== 'ready') return failed('conflict');
        if (!this.streamActive) return failed('inactive');
        if (this.live.length >= 3) return failed('limit');
        broadcast.lifeCycle = 'liveStarting';
        broadcast.startsAtMs = this.stuckStarts-- > 0 ? Infinity : this.nowMs + this.startsAfterMs;
        return OK;
      case 'edit':
        this.edits.push({ id: call.id, edit: call.edit });
        if (call.edit.title !== undefined) broadcast.title = call.edit.title;
        if (call.edit.description !== undefined) broadcast.description = call.edit.description;
        if (call.edit.privacy !== undefined) broadcast.privacy = call.edit.privacy;
        return OK;
      case 'thumbnail':
      case 'addToPlaylist':
        return OK;
    }
  }

  #look({ ids, upcoming }: YouTubeCall & { readonly kind: 'look' }): unknown {
    const shown = [...this.broadcasts.values()].filter(({ createdAtMs }) => this.nowMs - createdAtMs >= this.listLagMs);
    const found = shown.filter(({ id, lifeCycle }) => {
      if (ids.includes(id)) return true;
      if (lifeCycle === 'live' || lifeCycle === 'testing') return true;
      return upcoming && (lifeCycle === 'created' || lifeCycle === 'ready');
    });
    const stream = this.hasStream
      ? {
          id: STREAM_ID,
          status: this.streamActive ? 'active' : 'inactive',
          health: 'good',
          healthAtMs: null,
          issues: [],
        }
      : null;
    return { stream, broadcasts: found.map(shownAs), upcoming, ids };
  }

  #video(id: string): Video | null {
    const broadcast = this.broadcasts.get(id);
    if (broadcast === undefined || broadcast.startedAtMs === null || broadcast.endedAtMs === null) return null;
    const { privacy, startedAtMs, endedAtMs } = broadcast;
    const durationMs = endedAtMs - startedAtMs;
    if (durationMs >= 12 * HOUR_MS) return null;
    const isDone = this.nowMs - endedAtMs > 120_000;
    const upload = isDone ? 'processed' : 'uploaded';
    return {
      id,
      privacy,
      upload,
      durationMs: isDone ? durationMs : 0,
      startedAtMs,
      endedAtMs,
    };
  }
}

const OK: ModelAnswer = { kind: 'ok', id: null };

export const failed = (kind: YouTubeFailureKind): ModelAnswer => ({
  kind: 'failed',
  failure: { kind, reason: `reason of ${kind}`, message: `it is ${kind}`, retryAfterMs: null },
});

/** Units as everybody believes them to be: a read 1, a write 50. */
function costOf(call: YouTubeCall): number {
  switch (call.kind) {
    case 'look':
      return 2 + (call.upcoming ? 1 : 0) + (call.ids.length > 0 ? 1 : 0);
    case 'readVideo':
      return 1;
    case 'edit':
      return 51;
    case 'insert':
    case 'bind':
    case 'transition':
    case 'delete':
    case 'thumbnail':
    case 'addToPlaylist':
      return 50;
  }
}

const shownAs = ({
  id,
  title,
  lifeCycle,
  privacy,
  streamId,
  scheduledAtMs,
  startedAtMs,
  endedAtMs,
}: ModelBroadcast): Broadcast => ({
  id,
  title,
  lifeCycle,
  privacy,
  scheduledAtMs,
  startedAtMs,
  endedAtMs,
  streamId,
  autoStop: false,
  viewers: null,
});
