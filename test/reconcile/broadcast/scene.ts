import { timingOf } from '../../../src/reconcile/model/youtube/timing.ts';
import { appliedAtBeginning } from '../../../src/reconcile/broadcast/description.ts';
import type { BroadcastContext } from '../../../src/reconcile/model/youtube/context.ts';
import { type Attempt, NO_YOUTUBE_MEMORY, type YouTubeMemory } from '../../../src/reconcile/model/youtube/memory.ts';
import {
  type Broadcast,
  type BroadcastSpec,
  NO_LOGIN,
  type YouTubeLook,
} from '../../../src/reconcile/model/youtube/youtube.ts';

/** What is remembered and seen of YouTube's side at one moment. */
export interface Scene {
  readonly memory: YouTubeMemory;
  readonly context: BroadcastContext;
}

/** Changes one thing about a scene. */
export type Change = (scene: Scene) => Scene;

export const changeAll = (scene: Scene, ...changes: readonly Change[]): Scene =>
  changes.reduce((changed, change) => change(changed), scene);

const NOW_MS = 100_000_000;
const WALL_MS = Date.UTC(2026, 10, 26, 12);
const MINUTE_MS = 60_000;
const LOOKED_AT_MS = NOW_MS - 5_000;

export const SPEC: BroadcastSpec = {
  title: 'Rain {n}',
  madeForKids: false,
  description: '',
  privacy: 'public',
  category: null,
  tags: [],
  thumbnail: null,
  playlist: null,
  latency: 'normal',
};

export const broadcast = (id: string, change: Partial<Broadcast> = {}): Broadcast => ({
  id,
  title: id,
  lifeCycle: 'live',
  privacy: 'public',
  scheduledAtMs: null,
  startedAtMs: WALL_MS - 60 * MINUTE_MS,
  endedAtMs: null,
  streamId: 'ours',
  autoStop: false,
  viewers: null,
  ...change,
});

const LOOK: YouTubeLook = {
  atMs: LOOKED_AT_MS,
  stream: { id: 'ours', status: 'active', health: 'good', healthAtMs: null, issues: [] },
  broadcasts: [],
  upcoming: true,
  ids: [],
};

/** `kept` is live and ours, as described; bytes are acknowledged; YouTube was looked at five seconds ago. */
export function keptScene(): Scene {
  return {
    memory: {
      ...NO_YOUTUBE_MEMORY,
      login: 'login-1',
      pace: { lookedAtMs: LOOKED_AT_MS, accountedMs: LOOKED_AT_MS, fastUntilMs: null, changedAtMs: null },
      acknowledgedSinceMs: NOW_MS - 60 * MINUTE_MS,
      live: { kept: { startedWallMs: WALL_MS - 60 * MINUTE_MS, sinceMs: NOW_MS - 60 * MINUTE_MS, missedAtMs: null } },
      current: {
        id: 'kept',
        origin: 'begun',
        fillings: { beginWallMs: WALL_MS - 60 * MINUTE_MS, n: 1, item: 'rain.mp4' },
        applied: appliedAtBeginning(SPEC),
        refusals: [],
      },
      count: 1,
    },
    context: {
      observation: { ...NO_LOGIN, login: 'login-1', look: { ...LOOK, broadcasts: [broadcast('kept')] } },
      desired: { kind: 'onAir', spec: SPEC },
      uplink: 'acknowledged',
      recycle: null,
      timezone: 'UTC',
      item: 'rain.mp4',
      timing: timingOf(60_000),
      now: { monoMs: NOW_MS, wallMs: WALL_MS, nonce: 'n1' },
    },
  };
}

export const remembers =
  (change: Partial<YouTubeMemory>): Change =>
  ({ memory, context }) => ({ memory: { ...memory, ...change }, context });

export const within =
  (change: Partial<BroadcastContext>): Change =>
  ({ memory, context }) => ({ memory, context: { ...context, ...change } });

export const looked =
  (change: Partial<YouTubeLook>): Change =>
  ({ memory, context }) => {
    const { observation } = context;
    const look = { ...(observation.look ?? LOOK), ...change };
    return { memory, context: { ...context, observation: { ...observation, look } } };
  };

/** Nothing is ours, and nothing is live; `forMs`: since the first read that said so. */
export const nothingLive =
  (forMs: number): Change =>
  (scene) =>
    changeAll(
      scene,
      looked({ broadcasts: [] }),
      remembers({ current: null, live: {}, nothingLive: { firstAtMs: LOOKED_AT_MS - forMs, lastAtMs: LOOKED_AT_MS } }),
    );

/** The next one is on its way; YouTube shows it once it has an id. */
export const attempted = (change: Partial<Attempt>): Change => {
  const fillings = { beginWallMs: WALL_MS, n: 2, item: 'rain.mp4' };
  const attempt: Attempt = {
    why: 'age',
    fillings,
    spec: SPEC,
    title: 'Rain 2',
    scheduledWallMs: WALL_MS + MINUTE_MS,
    id: null,
    sent: false,
    missed: null,
    step: 'announced',
    startingSinceMs: null,
    unwanted: false,
    ...change,
  };
  return remembers({ attempt, renewal: 'age' });
};

export { LOOKED_AT_MS, MINUTE_MS, NOW_MS, WALL_MS };
