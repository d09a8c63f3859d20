import { carriedOn } from './broadcast/age.ts';
import { followRecycle, isPaused } from './broadcast/recycle.ts';
import { conclude } from './conclude.ts';
import { desiredStateOf } from './desired-state.ts';
import { account } from './memory/account.ts';
import type { RetryPolicy } from './memory/backoff.ts';
import type { DesiredSpec, DesiredState, Intent } from './model/desired.ts';
import type { Memory } from './model/memory.ts';
import type { Moment, Observation } from './model/observation.ts';
import type { Action, Plan } from './model/plan.ts';
import type { ArtworkAtHand } from './model/playout.ts';
import { type FiredRules, rowOf } from './model/rules.ts';
import { type IngestTarget, sessionHash } from './playout/hashes.ts';
import { houseFormat } from './playout/house-format.ts';
import { slateSpec } from './playout/spec.ts';
import { keepSlateClip } from './programme/artwork.ts';
import { mendFacts } from './programme/contradicted.ts';
import { following, searchAfter, selectMedia, specOnAir } from './programme/selection.ts';
import { upcomingOf } from './programme/upcoming.ts';
import { decideQueue, type QueueDecision } from './rules/queue.ts';
import { decision } from './rules/decision.ts';
import { decideSession } from './rules/session.ts';
import { endRuns } from './rules/stopping.ts';
import { livePlayouts, type World, worldOf } from './runs/world.ts';
import { obstacleOf } from './status/obstacle.ts';
import { planYouTube, type YouTubePass } from './youtube.ts';

/** What does not change while a daemon lives, except its intent. */
export interface PlanSettings {
  readonly policy: RetryPolicy;
  readonly urlTtlMs: number;
  /** null = no stream key. */
  readonly target: IngestTarget | null;
  /** Names this state directory; seeds the shuffle where memory has no seed. */
  readonly stateId: string;
  /** Between two looks at YouTube; its other waits are multiples. */
  readonly youTubePollMs: number;
  readonly intent: Intent;
}

/** A stream that has just begun needs the processor for itself: clips wait this long. */
const SETTLED_AFTER_MS = 30_000;

/** Decides everything and does nothing: from desired state, observation and memory to the effects of this pass. Pure. */
export function plan(settings: PlanSettings, observation: Observation, before: Memory, now: Moment): Plan {
  const world = worldOf(observation);
  const spec = observation.desired.accepted?.spec ?? null;
  if (world === null) {
    const desired = desiredStateOf(observation, settings.intent, isPaused(before.recycle, now));
    const youtube = planYouTube(settings.youTubePollMs, observation, desired, null, before.youtube, now);
    return planBlind(desired, observation, { ...before, youtube: youtube.memory }, youtube, now);
  }
  const suspendedMs =
    observation.suspendedMs === null || before.suspendedMs === null ? 0 : observation.suspendedMs - before.suspendedMs;
  const broadcast = carriedOn(before.broadcast, world.uplink, suspendedMs, now);
  // With `broadcast:` and a login, a firing renews the broadcast at YouTube without a pause.
  const renews = spec?.broadcast !== null && observation.youtube.login !== null;
  const recycle = followRecycle(before.recycle, broadcast, renews ? null : observation.recycle, spec, now);
  const desired = desiredStateOf(observation, settings.intent, isPaused(recycle, now));
  const youtube = planYouTube(settings.youTubePollMs, observation, desired, world, before.youtube, now);
  const remembered = { ...before, recycle, broadcast, youtube: youtube.memory };
  const memory = account(remembered, { observation, world, policy: settings.policy, now });
  const media = selectMedia(settings, observation, desired, memory, now);
  const { search } = media;
  const { uplink, playout } = decideSession({
    desired,
    world,
    memory,
    policy: settings.policy,
    programme: media.context?.programme ?? null,
    search,
    artwork: media.artwork,
    specFor: (run) => specOnAir(media, run, memory),
    ingest: observation.ingest,
    mbuffer: observation.mbuffer,
    obstacle: obstacleOf(observation) !== null || settings.target === null || observation.toolchain.kind !== 'ready',
    sessionHash:
      desired.kind === 'onAir' && settings.target !== null ? sessionHash(settings.target, desired.spec) : null,
    suspendedMs,
    now,
  });
  const queue: QueueDecision =
    desired.kind === 'onAir' &&
    search !== null &&
    observation.toolchain.kind === 'ready' &&
    rowOf(uplink.rule).endsPlayouts !== true
      ? decideQueue({
          slate: slateSpec(desired.spec, media.artwork),
          world,
          memory,
          playout,
          next: (mayRetry) => searchAfter(media, memory, mayRetry) ?? search,
          urlTtlMs: settings.urlTtlMs,
          mbuffer: observation.mbuffer,
          now,
        })
      : decision('queue-closed');

  const rules: FiredRules = { uplink: uplink.rule, playout: playout.rule, queue: queue.rule };
  const ending = endRuns([uplink, playout, queue], memory, world, now);
  // The uplink first: it empties the FIFO before a new playout's first key frame gets there.
  const actions = [
    ...media.actions,
    ...(desired.kind === 'onAir' ? whileOnAir(desired.spec, media.artwork, observation, world, now) : []),
    ...ending.actions,
    ...uplink.actions,
    ...playout.actions,
    ...queue.actions,
  ];
  const rest = finish(settings, observation, world, desired, actions);
  const stopped: Memory = { ...memory, stopping: ending.stopping };
  const upcoming =
    world.holder === null
      ? null
      : upcomingOf(following(media, world.holder), world.holder, memory.playouts[world.holder.runId]?.airedMs ?? 0);
  const { sight } = youtube;
  const context = {
    desired,
    observation,
    world,
    memory: stopped,
    rules,
    mediaFailure: media.failure,
    youtube: sight,
    now,
  };
  return { ...conclude(context, [...actions, ...rest, ...youtube.actions]), upcoming, flaws: youtube.flaws };
}

/** The plan when the processes could not be read: no process is touched, and the status says so. */
function planBlind(
  desired: DesiredState,
  observation: Observation,
  memory: Memory,
  { actions, sight, flaws }: YouTubePass,
  now: Moment,
): Plan {
  const rules: FiredRules = { uplink: 'uplink-unseen', playout: 'playout-unseen', queue: 'queue-closed' };
  const context = { desired, observation, world: null, memory, rules, mediaFailure: null, youtube: sight, now };
  return { ...conclude(context, actions), upcoming: null, flaws };
}

/** Deletes the files of ended runs, and ends the daemon once it was told to and all is off air. */
function finish(
  settings: PlanSettings,
  observation: Observation,
  world: World,
  desired: DesiredState,
  actions: readonly Action[],
): readonly Action[] {
  const rest: Action[] = observation.exits.map(({ runId, role }) => ({ kind: 'forgetRun', runId, role }));
  const empty = world.uplinks.length === 0 && livePlayouts(world).length === 0;
  const exits = actions.some((action) => action.kind === 'exit');
  if (settings.intent === 'stop' && desired.kind === 'offAir' && empty && !exits) {
    rest.push({ kind: 'exit', code: 0, message: 'off air, as told' });
  }
  return rest;
}

/** Beside the stream: corrects facts by the packets sent, and encodes the slate's clip once the stream has settled. */
function whileOnAir(
  spec: DesiredSpec,
  artwork: ArtworkAtHand,
  { media, toolchain }: Observation,
  world: World,
  now: Moment,
): readonly Action[] {
  const slate = toolchain.kind === 'ready' && hasSettled(world, now) ? keepSlateClip(artwork, houseFormat(spec)) : [];
  return [...slate, ...mendFacts(livePlayouts(world), media, spec)];
}

function hasSettled({ uplink }: World, now: Moment): boolean {
  const firstAtMs = uplink?.progress?.firstAtMs ?? null;
  return firstAtMs !== null && now.monoMs - firstAtMs > SETTLED_AFTER_MS;
}
