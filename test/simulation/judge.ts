import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import { fetched, type Observation } from '../../src/reconcile/model/observation.ts';
import type { Action } from '../../src/reconcile/model/plan.ts';
import { NO_ARTWORK } from '../../src/reconcile/model/playout.ts';
import { plan } from '../../src/reconcile/plan.ts';
import { playoutHash, sessionHash } from '../../src/reconcile/playout/hashes.ts';
import { itemSpec } from '../../src/reconcile/playout/spec.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import type { SimDaemon, Watcher } from './daemon.ts';
import { readDesiredText } from './library.ts';
import type { Machine } from './machine.ts';
import { PaceJudge } from './pace-judge.ts';
import type { PlayoutProgram } from './playout-program.ts';
import { StreamsJudge } from './streams-judge.ts';
import { SECRETS, URL_SECRET } from './secrets.ts';
import type { UplinkProgram } from './uplink-program.ts';

/** A promise of safety was broken. */
export class Violation extends Error {}

/** What is in a reservoir beyond this is to be seen. */
const WORTH_SEEING_MS = 3_000;
/** For so long a run must have been all right before nobody may touch it. */
const SURELY_HEALTHY_MS = 8_000;
/** `live` means that bytes came within this time: silence and a stuck queue are seen after 3 s each, and may follow each other. */
const LATELY_MS = 7_500;
/** A daemon that has just begun to look, or to see again, cannot know yet what stands still. */
const LEARNS_MS = 6_000;
/** An uplink that would pour out this much of the past may be replaced. */
const VIEWERS_IN_THE_PAST_MS = 25_000;
const FORBIDDEN = [...Object.values(SECRETS), URL_SECRET];

/** Looks at the true state of the machine, which no daemon can, and at every effect; throws at the first broken promise. */
export class Judge implements Watcher {
  readonly fired = new Set<string>();
  onPass: (daemon: SimDaemon, pass: Pass) => void = () => undefined;
  effects = 0;
  /** Steps of the world, after each of which its truth was looked at. */
  steps = 0;
  passes = 0;
  readonly #machine: Machine;
  readonly #healthySinceMs = new Map<string, number>();
  readonly #ending = new Set<string>();
  #seen: Observation | null = null;
  #toldToStop = false;
  #resumedAtMs = Number.NEGATIVE_INFINITY;
  #blindAtMs = Number.NEGATIVE_INFINITY;
  #suspendedMs = 0;
  readonly #pace: PaceJudge;
  readonly #streams: StreamsJudge;
  readonly #marks = new Map<string, { readonly doneMs: number; readonly atMs: number; readonly keepsUp: boolean }>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#pace = new PaceJudge(machine);
    this.#streams = new StreamsJudge(machine);
  }

  /** After every step of time. */
  ticked(): void {
    this.steps++;
    const machine = this.#machine;
    const publishers = machine.uplinks.filter((uplink) => uplink.isPublishing && !machine.strays.has(uplink.runId));
    if (publishers.length > 1) this.#fail(`two uplinks publish: ${publishers.map(({ runId }) => runId).join(', ')}`);
    const foreign = machine.kernel.foreignSignals[0];
    if (foreign !== undefined) this.#fail(`a foreign process was signalled: ${foreign}`);
    for (const { runId, frames } of machine.ingest.connections) {
      if (frames.size > 1 && !runId.startsWith('stray'))
        this.#fail(`session ${runId} got pictures of two sizes: ${[...frames].join(', ')}`);
    }
    if (machine.suspendedMs !== this.#suspendedMs) this.#resumedAtMs = machine.nowMs;
    this.#suspendedMs = machine.suspendedMs;
    if (machine.blind) this.#blindAtMs = machine.nowMs;
    for (const uplink of machine.uplinks) this.#note(uplink.runId, this.#isWell(uplink));
    this.#pace.ticked();
    this.#streams.ticked();
    for (const playout of machine.playouts) {
      const passes = this.#keepsUp(`${playout.runId} passes`, playout.passedMs) && this.#passes(playout);
      const makes = this.#keepsUp(playout.runId, playout.madeMs) && this.#makes(playout);
      this.#note(`${playout.runId} passes`, passes);
      this.#note(playout.runId, passes && makes);
    }
  }

  looked(daemon: SimDaemon, observation: Observation): void {
    this.#seen = observation;
    this.#toldToStop = daemon.stopping;
  }

  acting(daemon: SimDaemon, action: Action): void {
    this.effects++;
    this.#checkSecrets(JSON.stringify(action));
    if (action.kind !== 'signal' && action.kind !== 'startUplink' && action.kind !== 'startPlayout') return;
    const seen = this.#seen;
    if (seen?.runs.kind !== 'known') this.#fail(`${action.kind} though the processes were not seen`);
    else if (action.kind === 'signal') this.#checkSignal(daemon, seen, action);
    else if (seen.desired.accepted?.spec.running !== true || this.#toldToStop)
      this.#fail(`${action.kind} though nothing is wished on air`);
  }

  said(text: string): void {
    this.#checkSecrets(text);
  }

  passed(daemon: SimDaemon, pass: Pass): void {
    this.passes++;
    const { plan: decided, before, now, observation } = pass;
    for (const rule of Object.values(decided.rules)) this.fired.add(rule);
    this.#checkBounds(pass);
    this.#checkLive(daemon, pass);
    const lookedSinceMs = Math.max(daemon.startedAtMs, this.#blindAtMs, this.#resumedAtMs);
    const { verdict } = decided;
    const broken = this.#pace.judge(verdict, lookedSinceMs) ?? this.#streams.judge(verdict, lookedSinceMs);
    if (broken !== null) this.#fail(broken);
    if (decided.memory.appliedHash !== before.appliedHash) this.#checkApplied(pass);
    const { file, accepted } = observation.desired;
    if (file.kind !== 'ok' && accepted !== null) {
      const asBefore = { ...observation, desired: { file: { kind: 'ok' as const, ...accepted }, accepted } };
      const settings = { ...daemon.planSettings, intent: daemon.plannedToStop ? ('stop' as const) : ('run' as const) };
      const without = plan(settings, asBefore, before, now).actions;
      if (JSON.stringify(without) !== JSON.stringify(decided.actions))
        this.#fail(`a ${file.kind} desired.yaml changed what is done`);
    }
    this.onPass(daemon, pass);
  }

  /** Signals go to what was seen in this pass and is ours; and never to what does what it should. */
  #checkSignal(daemon: SimDaemon, seen: Observation, action: Extract<Action, { kind: 'signal' }>): void {
    if (seen.runs.kind !== 'known') return;
    const { run } = action;
    const { uplinks, playouts } = seen.runs.value;
    const reservoirs = playouts.flatMap(({ reservoir }) => reservoir ?? []);
    const known = [...[...uplinks, ...playouts].map(({ process }) => process), ...reservoirs].some(
      (process) => process.pid === run.process.pid && process.startTicks === run.process.startTicks,
    );
    if (!known) this.#fail(`a signal to ${run.process.pid}, which was not seen`);
    if (this.#ending.has(run.runId)) return;
    this.#ending.add(run.runId);
    const accepted = seen.desired.accepted;
    if (daemon.stopping || accepted?.spec.running !== true) return;
    const uplink = seen.runs.value.uplinks
      .map(({ runId }) => runId)
      .map((runId) => this.#machine.uplinks.find((other) => other.runId === runId))[0];
    if (uplink === undefined || !this.#surelyHealthy(uplink.runId) || !this.#isOfSession(daemon, uplink, accepted.spec))
      return;
    if (this.#streams.isOneSided(uplink)) return;
    if (this.#machine.nowMs - this.#resumedAtMs < 5_000 || seen.runs.value.uplinks.length > 1) return;
    if (run.role === 'uplink' && uplink.lagMs > VIEWERS_IN_THE_PAST_MS) return;
    if (run.role === 'uplink') this.#fail(`a healthy uplink of the right session was stopped: ${action.reason}`);
    const playout = this.#machine.playouts.find(({ runId }) => runId === run.runId);
    if (playout === undefined || playout.spec.kind === 'slate') return;
    if (!this.#isWished(seen, accepted.spec, playout, daemon)) return;
    if (this.#surelyHealthy(run.runId)) this.#fail(`an item on air that is wished was cut: ${action.reason}`);
    const sparesReservoir = action.scope === 'process' && run.process.pid === playout.main?.pid;
    if (!sparesReservoir && playout.heldMs > WORTH_SEEING_MS && this.#surelyHealthy(`${run.runId} passes`)) {
      this.#fail(`${playout.heldMs} ms of an item that is wished were thrown away: ${action.reason}`);
    }
  }

  #isOfSession(daemon: SimDaemon, uplink: UplinkProgram, spec: DesiredSpec): boolean {
    const { target } = daemon.planSettings;
    return target !== null && uplink.specHash === sessionHash(target, spec);
  }

  /** The item is of the programme, and by all that is known of it would be played just so. */
  #isWished(seen: Observation, desired: DesiredSpec, playout: PlayoutProgram, daemon: SimDaemon): boolean {
    if (playout.spec.kind === 'slate') return false;
    const { facts: played, part } = playout.spec;
    if (this.#keys(seen, desired)?.includes(played.key) === false) return false;
    const facts = fetched(seen.media.facts, played.key);
    if (facts.kind !== 'ok') return true;
    const now = itemSpec(
      facts.value,
      desired,
      part.cursor,
      { urlTtlMs: daemon.planSettings.urlTtlMs, sole: false },
      NO_ARTWORK,
    );
    return playoutHash(now) === playout.specHash;
  }

  /** The keys of the programme; null = not known. */
  #keys(seen: Observation, { media }: DesiredSpec): readonly string[] | null {
    if (media.kind === 'key') return [media.key];
    if (media.kind === 'list') return media.keys;
    const listing = fetched(seen.media.listings, media.prefix);
    return listing.kind === 'ok' ? listing.value.map(({ key }) => key) : null;
  }

  #checkLive(daemon: SimDaemon, { plan: decided, observation }: Pass): void {
    if (decided.verdict.status !== 'live') return;
    const machine = this.#machine;
    const silentMs = machine.nowMs - machine.ingest.lastByteAtMs;
    if (silentMs > LATELY_MS && machine.nowMs - Math.max(daemon.startedAtMs, this.#blindAtMs) > LEARNS_MS) {
      this.#fail(`it says live, though nothing has reached the ingest for ${Math.round(silentMs)} ms`);
    }
    this.#checkOnAir(observation, 'it says live');
  }

  #checkApplied({ observation, plan: decided }: Pass): void {
    const { accepted } = observation.desired;
    const { appliedHash } = decided.memory;
    if (accepted?.hash !== appliedHash) this.#fail(`applied ${appliedHash} is not the accepted file`);
    if (accepted?.spec.running === false) {
      const { runs } = observation;
      if (runs.kind !== 'known' || runs.value.uplinks.length > 0)
        this.#fail('running: false is applied, though an uplink runs');
      return;
    }
    this.#checkOnAir(observation, 'it says applied');
  }

  /** What is on air is what the accepted file says. */
  #checkOnAir(observation: Observation, claim: string): void {
    const { accepted } = observation.desired;
    const { runs } = observation;
    if (accepted === null || runs.kind !== 'known') return this.#fail(`${claim} of nothing`);
    const { spec } = accepted;
    const seen = runs.value.playouts.find(({ gate }) => gate?.place === 'holder');
    const playout = this.#machine.playouts.find(({ runId }) => runId === seen?.runId);
    if (seen === undefined) return this.#fail(`${claim}, though no playout is on air`);
    if (playout === undefined) return;
    if (playout.spec.kind === 'slate') return this.#fail(`${claim}, though the slate is on air`);
    const { facts, format, part } = playout.spec;
    const keys = this.#keys(observation, spec);
    if (keys !== null && !keys.includes(facts.key)) this.#fail(`${claim}, though ${facts.key} is on air`);
    if (format.width !== spec.resolution.width) this.#fail(`${claim}, though the picture is ${format.width} wide`);
    if (part.picture === 'transcode' && format.videoBitrateKbps !== spec.bitrateKbps) {
      this.#fail(`${claim}, though the bitrate is ${format.videoBitrateKbps}`);
    }
  }

  #checkBounds({ plan: { actions, memory }, observation }: Pass): void {
    const { backoff } = memory.uplink;
    const sizes: readonly (readonly [string, number, number])[] = [
      ['actions', actions.length, 64],
      ['items in trouble', Object.keys(memory.items).length, 500],
      ['playouts remembered', Object.keys(memory.playouts).length, 12],
      ['runs being ended', Object.keys(memory.stopping).length, 12],
      ['deaths remembered', backoff.deathsAtMs.length, 16],
      ['conditions', Object.keys(memory.conditions).length, 8],
      ['left-over runs', observation.exits.length, 200],
      [
        'playouts at once',
        observation.runs.kind === 'known' ? observation.runs.value.playouts.length : 0,
        6 + this.#machine.strays.size,
      ],
    ];
    for (const [what, size, most] of sizes) if (size > most) this.#fail(`${size} ${what}; at most ${most}`);
  }

  #checkSecrets(text: string): void {
    for (const secret of FORBIDDEN) if (text.includes(secret)) this.#fail(`a secret leaks: ${text.slice(0, 400)}`);
  }

  #note(runId: string, well: boolean): void {
    if (!well) this.#healthySinceMs.delete(runId);
    else if (!this.#healthySinceMs.has(runId)) this.#healthySinceMs.set(runId, this.#machine.nowMs);
  }

  #surelyHealthy(runId: string): boolean {
    const since = this.#healthySinceMs.get(runId);
    return since !== undefined && this.#machine.nowMs - since > SURELY_HEALTHY_MS;
  }

  #isWell(uplink: UplinkProgram): boolean {
    const { ingest, nowMs } = this.#machine;
    const flows = uplink.isPublishing && ingest.takesBytes && nowMs - ingest.lastByteAtMs < 1_000;
    const broken = ingest.connections.some(({ runId, broken: reset }) => runId === uplink.runId && reset);
    return flows && !broken && uplink.process?.stopped === false && !uplink.wedged;
  }

  /** So much media moves in a while as is shown meanwhile, or nearly. */
  #keepsUp(name: string, doneMs: number): boolean {
    const { nowMs } = this.#machine;
    const mark = this.#marks.get(name) ?? { doneMs, atMs: nowMs, keepsUp: true };
    const forMs = nowMs - mark.atMs;
    const keepsUp = forMs < 1_500 ? mark.keepsUp : doneMs - mark.doneMs > 0.8 * forMs;
    this.#marks.set(name, forMs < 1_500 ? mark : { doneMs, atMs: nowMs, keepsUp });
    return keepsUp;
  }

  /** It holds the lock, and nothing of it behind FFmpeg is stopped. */
  #passes({ place, gate, reservoir }: PlayoutProgram): boolean {
    return place === 'holder' && gate?.stopped === false && reservoir?.stopped !== true;
  }

  #makes({ main, wedged }: PlayoutProgram): boolean {
    return main?.alive === true && !main.stopped && !wedged;
  }

  #fail(what: string): void {
    throw new Violation(what);
  }
}

/** The wish that the file on the disk states; null = it states none. */
export function wishedSpec(machine: Machine): DesiredSpec | null {
  const file = readDesiredText(machine.desired);
  return file.kind === 'ok' ? file.spec : null;
}
