import type { Broadcast } from '../reconcile/model/youtube/youtube.ts';
import type { YouTubeSight } from '../reconcile/model/youtube/context.ts';
import { apiOf, knownLook, shownBroadcast } from '../reconcile/status/youtube.ts';

/** YouTube's side in the body of `/health`; each part null while unknown. */
export interface YouTubeBody {
  /** Of the last look that succeeded. */
  readonly checkedAt: string | null;
  readonly api: {
    readonly state: 'ok' | 'backoff' | 'quota' | 'unauthorized' | 'refused';
    /** YouTube's own word. */
    readonly reason: string | null;
    readonly until: string | null;
  };
  readonly channel: { readonly id: string; readonly title: string } | null;
  readonly stream: {
    readonly status: string | null;
    readonly health: string | null;
    readonly issues: readonly { readonly type: string; readonly severity: string | null }[];
  } | null;
  readonly broadcast: {
    readonly id: string;
    readonly url: string;
    readonly title: string | null;
    readonly lifeCycle: string | null;
    readonly privacy: string | null;
    readonly startedAt: string | null;
    readonly viewers: number | null;
  } | null;
}

const iso = (wallMs: number | null): string | null => (wallMs === null ? null : new Date(wallMs).toISOString());

/** Null without a login. */
export function youTubeBody(sight: YouTubeSight): YouTubeBody | null {
  if (sight.context.observation.login === null) return null;
  const { observation, now } = sight.context;
  const { state, reason, untilWallMs } = apiOf(sight);
  const stream = knownLook(sight)?.stream ?? null;
  const checkedAtMs = observation.look === null ? null : now.wallMs - (now.monoMs - observation.look.atMs);
  return {
    checkedAt: iso(checkedAtMs),
    api: { state, reason, until: iso(untilWallMs) },
    channel: observation.channel,
    stream: stream === null ? null : { status: stream.status, health: stream.health, issues: stream.issues },
    broadcast: broadcastBody(shownBroadcast(sight)),
  };
}

/** The broadcast in that body, with the address at which Studio and viewers find it. */
export function broadcastBody(broadcast: Broadcast | null): YouTubeBody['broadcast'] {
  if (broadcast === null) return null;
  const { id, title, lifeCycle, privacy, startedAtMs, viewers } = broadcast;
  const url = `https://www.youtube.com/watch?v=${id}`;
  return { id, url, title, lifeCycle, privacy, startedAt: iso(startedAtMs), viewers };
}
