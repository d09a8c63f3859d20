import type { BroadcastContext, DesiredBroadcast } from '../../../src/reconcile/model/youtube/context.ts';
import { lintBroadcast } from '../../../src/reconcile/broadcast/lint.ts';
import { planBroadcast } from '../../../src/reconcile/broadcast/plan-broadcast.ts';
import { timingOf } from '../../../src/reconcile/model/youtube/timing.ts';
import type { RecycleSchedule } from '../../../src/reconcile/model/observation.ts';
import { NO_YOUTUBE_MEMORY, type YouTubeMemory } from '../../../src/reconcile/model/youtube/memory.ts';
import { NO_LOGIN, type YouTubeCall, type YouTubeObservation } from '../../../src/reconcile/model/youtube/youtube.ts';
import { parseYouTubeMemory } from '../../../src/state/youtube-memory.ts';
import { SPEC } from '../../reconcile/broadcast/scene.ts';
import { failed, YouTubeModel, type ModelAnswer } from './model.ts';

/** How the answer to a call gets lost, or its asker. */
export type Mishap = 'lostAnswer' | 'daemonDiesBefore' | 'daemonDiesAfter';

const PASS_MS = 1_000;
const ANSWERS_AFTER_MS = 300;
const NOTHING_SEEN: YouTubeObservation = { ...NO_LOGIN, login: 'login-1' };

/** The planner of YouTube's side, pass after pass, on the model of YouTube: what a daemon does, and what ends one. */
export class Controller {
  readonly youtube: YouTubeModel;
  desired: DesiredBroadcast = { kind: 'onAir', spec: SPEC };
  uplink: BroadcastContext['uplink'] = 'acknowledged';
  recycle: RecycleSchedule | null = null;
  memory: YouTubeMemory = NO_YOUTUBE_MEMORY;
  observation: YouTubeObservation = NOTHING_SEEN;
  /** The wall clock is wrong by so much. */
  clockErrorMs = 0;
  readonly rules = new Map<string, number>();
  readonly calls: { readonly atMs: number; readonly call: YouTubeCall }[] = [];
  /** What becomes of a call, by how often it happens. */
  mishap: (call: YouTubeCall) => Mishap | null = () => null;
  afterPass: () => void = () => undefined;
  readonly pollMs: number;
  /** Between two passes; real ones are a second apart. */
  passMs = PASS_MS;
  #passes = 0;
  #underWay: {
    readonly nonce: string;
    readonly call: YouTubeCall;
    readonly answer: ModelAnswer;
    readonly atMs: number;
    readonly begunAtMs: number;
  } | null = null;

  constructor(pollMs = 60_000, nowMs = Date.parse('2026-11-26T10:00:00Z')) {
    this.pollMs = pollMs;
    this.youtube = new YouTubeModel(nowMs);
    this.youtube.streamActive = true;
  }

  get monoMs(): number {
    return this.youtube.nowMs - Date.parse('2026-11-01T00:00:00Z');
  }

  /** Lets time pass until `done`, at most so long. */
  async pass(ms: number, done: () => boolean = () => false): Promise<void> {
    const endMs = this.youtube.nowMs + ms;
    while (this.youtube.nowMs < endMs && !done()) this.step();
    await Promise.resolve();
  }

  /** Happens so much later. */
  after(ms: number, happen: () => void): void {
    this.#later.push({ atMs: this.youtube.nowMs + ms, happen });
  }
  #later: { readonly atMs: number; readonly happen: () => void }[] = [];

  step(): void {
    this.youtube.pass(this.passMs);
    const due = this.#later.filter(({ atMs }) => atMs <= this.youtube.nowMs);
    this.#later = this.#later.filter(({ atMs }) => atMs > this.youtube.nowMs);
    for (const { happen } of due) happen();
    if (this.#underWay !== null && this.youtube.nowMs >= this.#underWay.atMs) this.#answered(this.#underWay);
    const context = this.context();
    const before = this.memory;
    const plan = planBroadcast(before, context);
    const flaws = lintBroadcast(plan, before, context);
    if (flaws.length > 0) throw new Error(`${plan.rule}: ${flaws.join('; ')}`);
    this.rules.set(plan.rule, (this.rules.get(plan.rule) ?? 0) + 1);
    const { call } = plan;
    const mishap = call === null ? null : this.mishap(call);
    if (mishap === 'daemonDiesBefore') return this.restart();
    this.memory = plan.memory;
    if (call !== null) this.#ask(context.now.nonce, call, mishap);
    if (mishap === 'daemonDiesAfter') this.restart();
    this.afterPass();
  }

  context(): BroadcastContext {
    const now = {
      monoMs: this.monoMs,
      wallMs: this.youtube.nowMs + this.clockErrorMs,
      nonce: `n${this.#passes++}`,
    };
    return {
      observation: this.observation,
      desired: this.desired,
      uplink: this.uplink,
      recycle: this.recycle,
      timezone: 'UTC',
      item: 'rain.mp4',
      timing: timingOf(this.pollMs),
      now,
    };
  }

  /** SIGKILL, then the next daemon: it has the state file, and no answer. */
  restart(sameBoot = true): void {
    this.#underWay = null;
    const kept: unknown = JSON.parse(JSON.stringify(this.memory));
    this.memory = parseYouTubeMemory(kept, sameBoot, { monoMs: this.monoMs });
    this.observation = { ...NOTHING_SEEN, login: this.observation.login };
  }

  #ask(nonce: string, call: YouTubeCall, mishap: Mishap | null): void {
    this.calls.push({ atMs: this.youtube.nowMs, call });
    const taken = this.youtube.take(call);
    const answer = mishap === 'lostAnswer' ? failed('unavailable') : taken;
    const begunAtMs = this.monoMs;
    this.#underWay = { nonce, call, answer, atMs: this.youtube.nowMs + ANSWERS_AFTER_MS, begunAtMs };
    this.observation = { ...this.observation, asking: nonce };
  }

  #answered({ nonce, call, answer, begunAtMs }: NonNullable<Controller['underWay']>): void {
    this.#underWay = null;
    const seen: YouTubeObservation = {
      ...this.observation,
      asking: null,
      answer: { nonce, atMs: this.monoMs, outcome: answer },
    };
    if (answer.kind === 'failed') this.observation = seen;
    else if (call.kind === 'look') {
      this.observation = {
        ...seen,
        look: { ...(answer.found as object), atMs: begunAtMs } as YouTubeObservation['look'],
      };
    } else if (call.kind === 'readVideo') {
      const video = answer.found as NonNullable<YouTubeObservation['video']>['video'];
      this.observation = { ...seen, video: { id: call.id, atMs: this.monoMs, video } };
    } else this.observation = seen;
  }
  declare readonly underWay: {
    readonly nonce: string;
    readonly call: YouTubeCall;
    readonly answer: ModelAnswer;
    readonly begunAtMs: number;
  } | null;
}
