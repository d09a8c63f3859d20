import { withoutPaths } from '../text/redact.ts';
import type { Upcoming } from '../reconcile/model/plan.ts';
import type { Treatment } from '../reconcile/model/playout.ts';
import type { PlayoutRun } from '../reconcile/model/run.ts';
import type { StatusWord } from '../reconcile/model/status.ts';
import type { Pass } from '../reconcile/ports.ts';
import { tagsOf } from '../reconcile/programme/tags.ts';
import { paceOf } from '../reconcile/runs/pace.ts';
import { positionMs } from '../reconcile/runs/position.ts';
import { bufferedMs } from '../reconcile/runs/reservoir.ts';
import { worldOf } from '../reconcile/runs/world.ts';
import { youTubeBody, type YouTubeBody } from './youtube.ts';

/** The body of `/health`, with the names of the contract. No secret, signed URL or path is in it. Times are ISO 8601 UTC. */
export interface HealthBody {
  readonly status: StatusWord;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
  /** The end of the last finished pass, when all of this was true; null = there was none yet. */
  readonly observedAt: string | null;
  readonly desired: {
    readonly hash: string | null;
    readonly file: 'ok' | 'invalid' | 'missing';
    readonly error: string | null;
  };
  readonly applied: { readonly hash: string | null };
  readonly uplink: {
    readonly pid: number;
    readonly since: string;
    readonly progressAgeMs: number | null;
    readonly unackedMs: number | null;
    /** Seconds of programme that reach the ingest in a second, over the last 30 s; null = not looked at long enough. */
    readonly pace: number | null;
  } | null;
  readonly playout: {
    /** null = its FFmpeg has ended, and what it wrote before still plays. */
    readonly pid: number | null;
    /** Object key; null = the slate. */
    readonly item: string | null;
    readonly progressAgeMs: number | null;
    readonly positionMs: number | null;
    readonly durationMs: number | null;
    /** `copy`: nothing of it is encoded. null = the slate. */
    readonly mode: Treatment | null;
    readonly picture: Treatment | null;
    readonly sound: Treatment | null;
    /** Length of the programme in the reservoir, which plays even if FFmpeg or the store fail; null = not known. */
    readonly bufferedMs: number | null;
    /** From the item's tags; null = it has none, or they are not known. */
    readonly title: string | null;
    readonly artist: string | null;
  } | null;
  /** The playout that waits in line to take over; `item` null = the slate. */
  readonly next: { readonly pid: number | null; readonly item: string | null } | null;
  /** The item that follows the one on air; null = not known. `inMs`, `at`: when; null = that cannot be foretold. */
  readonly upcoming: { readonly item: string; readonly inMs: number | null; readonly at: string | null } | null;
  readonly restarts: { readonly count: number; readonly lastReason: string | null; readonly lastAt: string | null };
  readonly onAirSeconds: { readonly session: number; readonly total: number };
  /** Null without a login. */
  readonly youtube: YouTubeBody | null;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: 'True' | 'False' | 'Unknown';
    readonly reason: string;
    readonly message: string;
    readonly lastTransitionTime: string;
  }[];
  readonly version: string;
}

/** 200 while on air or off air on purpose, 503 else. */
export function httpStatusFor(status: StatusWord): 200 | 503 {
  switch (status) {
    case 'live':
    case 'degraded':
    case 'stopped':
      return 200;
    case 'starting':
    case 'stopping':
    case 'down':
      return 503;
  }
}

/** What `/health` says before the first pass. */
export const firstBody = (version: string, wallMs: number): HealthBody => ({
  status: 'starting',
  reason: 'Starting',
  message: 'the first look is under way',
  since: new Date(wallMs).toISOString(),
  observedAt: null,
  desired: { hash: null, file: 'missing', error: null },
  applied: { hash: null },
  uplink: null,
  playout: null,
  next: null,
  upcoming: null,
  restarts: { count: 0, lastReason: null, lastAt: null },
  onAirSeconds: { session: 0, total: 0 },
  youtube: null,
  conditions: [],
  version,
});

/** Something the daemon needs that has not answered for `forMs`. */
export interface Silence {
  readonly of: 'pass' | 'desired.yaml' | 'log';
  readonly forMs: number;
}

/** A pass, which reads desired.yaml, comes every second. One that takes longer than this is taken to hang. */
const HANGS_MS = 5_000;

const SILENT: Readonly<Record<Silence['of'], string>> = {
  pass: 'no look at the stream has been finished for N s: a file system or a program does not answer; what is told beside this is from before',
  'desired.yaml':
    'desired.yaml has not been read for N s: its file system does not answer; the stream is looked after by what it last said',
  log: 'nobody has taken a line of the log for N s: what reads stdout stands still; the stream is looked after all the same',
};

/** The body while something hangs: what has become of the stream, or of desired.yaml, since then is not known. */
export function silencedBody(body: HealthBody, { of, forMs }: Silence, wallMs: number): HealthBody {
  if (forMs <= HANGS_MS) return body;
  const message = SILENT[of].replace('N s', `${Math.floor(forMs / 1_000)} s`);
  const since = new Date(wallMs - forMs).toISOString();
  return { ...body, status: 'down', reason: 'ObservationFailed', message, since };
}

/** What `/health` says of this pass. */
export function healthBody({ observation, plan, now }: Pass, version: string): HealthBody {
  const { memory, verdict, conditions } = plan;
  const { file } = observation.desired;
  const world = worldOf(observation);
  const uplink = world?.uplink ?? null;
  const holder = world?.holder ?? null;
  const waiter = world?.waiter ?? null;
  const iso = (wallMs: number): string => new Date(wallMs).toISOString();
  const age = (run: { readonly progress: { readonly advancedAtMs: number } | null }): number | null =>
    run.progress === null ? null : Math.max(0, Math.round(now.monoMs - run.progress.advancedAtMs));
  const { restarts, air } = memory;
  return {
    ...verdict,
    message: withoutPaths(verdict.message),
    since: iso(memory.told?.sinceWallMs ?? now.wallMs),
    observedAt: iso(now.wallMs),
    desired: { hash: file.kind === 'missing' ? null : file.hash, file: file.kind, error: desiredError(file) },
    applied: { hash: memory.appliedHash },
    uplink:
      uplink === null
        ? null
        : {
            pid: uplink.ffmpegPid,
            since: iso(memory.uplink.current?.sinceWallMs ?? now.wallMs - (now.monoMs - uplink.startedAtMs)),
            progressAgeMs: age(uplink),
            unackedMs: uplink.sendQueue.kind === 'known' ? Math.round(uplink.sendQueue.value.unackedMs) : null,
            pace: rounded(paceOf(uplink.pace)?.perSecond ?? null),
          },
    playout:
      holder === null
        ? null
        : {
            pid: ffmpegPidOf(holder),
            ...itemOf(holder, memory.playouts[holder.runId]?.airedMs ?? 0),
            ...tagsOf(observation.media, holder.record),
            progressAgeMs: age(holder),
            bufferedMs: bufferedMs(holder),
          },
    next: waiter === null ? null : { pid: ffmpegPidOf(waiter), item: keyOf(waiter) },
    upcoming: upcomingItem(plan.upcoming, now.wallMs),
    restarts: {
      count: restarts.count,
      lastReason: restarts.lastReason === null ? null : withoutPaths(restarts.lastReason),
      lastAt: restarts.lastAtWallMs === null ? null : iso(restarts.lastAtWallMs),
    },
    onAirSeconds: { session: Math.floor(air.sessionMs / 1000), total: Math.floor(air.totalMs / 1000) },
    youtube: youTubeBody(plan.youtube),
    conditions: conditions.map((condition) => ({
      ...condition,
      message: withoutPaths(condition.message),
      lastTransitionTime: iso(memory.conditions[condition.type]?.sinceWallMs ?? now.wallMs),
    })),
    version,
  };
}

const rounded = (ratio: number | null): number | null => (ratio === null ? null : Math.round(ratio * 1000) / 1000);

/** Every problem of the file, a line each, with its place; null = it is good. */
export function desiredError(file: Pass['observation']['desired']['file']): string | null {
  switch (file.kind) {
    case 'ok':
      return null;
    case 'missing':
      return file.message;
    case 'invalid':
      return (
        file.problems.map(({ line, column, message }) => `desired.yaml:${line}:${column}: ${message}`).join('\n') ||
        'refused'
      );
  }
}

function upcomingItem(upcoming: Upcoming | null, wallMs: number): HealthBody['upcoming'] {
  if (upcoming === null) return null;
  const { key, inMs } = upcoming;
  return { item: key, inMs, at: inMs === null ? null : new Date(wallMs + inMs).toISOString() };
}

type PlayoutBody = NonNullable<HealthBody['playout']>;

const keyOf = (run: PlayoutRun): string | null => (run.record?.kind === 'item' ? run.record.key : null);

const ffmpegPidOf = ({ life, ffmpegPid }: PlayoutRun): number | null => (life === 'draining' ? null : ffmpegPid);

type ItemBody = Pick<PlayoutBody, 'item' | 'positionMs' | 'durationMs' | 'mode' | 'picture' | 'sound'>;

function itemOf({ record }: PlayoutRun, airedMs: number): ItemBody {
  if (record?.kind !== 'item')
    return { item: null, positionMs: null, durationMs: null, mode: null, picture: null, sound: null };
  const at = Math.round(positionMs(record, airedMs));
  const { key, durationMs, mode, picture = mode, sound = mode } = record;
  return { item: key, positionMs: at, durationMs, mode, picture, sound };
}
