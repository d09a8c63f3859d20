import type { Logger } from 'pino';
import { desiredError, firstBody, type HealthBody, healthBody, type Silence, silencedBody } from '../health/body.ts';
import { PlayedRecorder } from '../history/played/recorder.ts';
import { HistoryRecorder, type RecorderParts } from '../history/recorder.ts';
import type { DesiredObservation } from '../reconcile/model/observation.ts';
import type { Action } from '../reconcile/model/plan.ts';
import type { Pass } from '../reconcile/ports.ts';
import { worldOf } from '../reconcile/runs/world.ts';
import { modeOf } from '../reconcile/playout/copy-decision.ts';
import { STATE_FILES } from '../state/files.ts';
import type { StateDir } from '../state/state-dir.ts';
import type { Boot } from '../system/boot.ts';
import type { YouTubeMemory } from '../reconcile/model/youtube/memory.ts';
import type { YouTubeAnswer } from '../reconcile/model/youtube/youtube.ts';

interface PublishParts extends Pick<RecorderParts, 'countsFetches' | 'lastProgressWallMs'> {
  readonly log: Logger;
  readonly store: StateDir;
  readonly boot: Boot;
  readonly version: string;
  /** Bytes of the desired file that was accepted with this hash; null = not at hand. */
  readonly textOf: (hash: string) => string | null;
  /** Monotonic milliseconds, as of passes. */
  readonly now: () => number;
  /** For how long the log's reader and desired.yaml have not answered, the worst last. */
  readonly silences: () => readonly Silence[];
}

/** State that changes with every pass (positions, counters) is written this often. */
const SAVE_EVERY_MS = 5_000;

/** Publishes what a pass found and did: in `/health`, the state directory, the log and the history. The log has changes only. */
export class Publisher {
  readonly #parts: PublishParts;
  #report: HealthBody;
  /** Monotonic time of the last finished pass, or of the beginning. */
  #publishedAtMs: number;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  #saved = '';
  #hasTold = false;
  readonly #history: HistoryRecorder;
  readonly #played: PlayedRecorder;
  /** What was said last of each thing. */
  readonly #said = new Map<string, string>();
  #complaints = new Map<string, string>();

  constructor(parts: PublishParts) {
    this.#parts = parts;
    this.#report = firstBody(parts.version, Date.now());
    this.#publishedAtMs = parts.now();
    this.#history = new HistoryRecorder({ ...parts, bootId: parts.boot.id });
    this.#played = new PlayedRecorder(parts.store);
  }

  /** The `/health` body of the latest pass, or one that says what hangs. */
  get report(): HealthBody {
    const { now, silences } = this.#parts;
    const all: readonly Silence[] = [...silences(), { of: 'pass', forMs: now() - this.#publishedAtMs }];
    return all.reduce((body, silence) => silencedBody(body, silence, Date.now()), this.#report);
  }

  publish(pass: Pass): void {
    const { version } = this.#parts;
    this.#report = healthBody(pass, version);
    this.#publishedAtMs = this.#parts.now();
    this.#logPass(pass, this.#report);
    this.#savePids(pass, this.#report);
    this.#complainAll(STATE_FILES.played, this.#played.record(pass, this.#report.status));
    this.#saveState(pass, this.#report);
    this.#saveLastGood(pass);
    this.#complainAll(STATE_FILES.history, this.#history.record(pass, this.#report));
  }

  /** The daemon ends; the stream may play on. */
  leave(): void {
    this.#complainAll(STATE_FILES.history, this.#history.leave());
  }

  #logPass({ observation, plan, before, results }: Pass, report: HealthBody): void {
    const { log } = this.#parts;
    if (this.#isNew('rules', JSON.stringify(plan.rules))) log.debug({ rules: plan.rules }, 'rules fired');
    for (const { action, result } of results) {
      const told = describe(action);
      if (told === null) continue;
      const fields = { action: action.kind, ...told, rules: plan.rules };
      if (result.kind === 'done') log.info({ ...fields, detail: result.detail }, 'acted');
      else this.#logFailure(action.kind, fields, result);
    }
    this.#logDesired(observation.desired);
    this.#logYouTube(observation.youtube.answer);
    this.#logFlaws(plan.flaws);
    const { told } = plan.memory;
    // Each daemon logs once a status that has not changed since the daemon before it.
    if ((told === before.told && this.#hasTold) || told === null) return;
    this.#hasTold = true;
    const { status, reason, message } = report;
    const level = status === 'down' ? 'error' : status === 'degraded' ? 'warn' : 'info';
    log[level]({ status, reason, message }, 'status changed');
  }

  /** The same failure is told once, not at every try. */
  #logFailure(kind: Action['kind'], fields: object, result: { readonly kind: string; readonly why: string }): void {
    const level = this.#isNew(kind, result.why) ? 'warn' : 'debug';
    const message = result.kind === 'failed' ? 'action failed' : 'action withheld';
    this.#parts.log[level]({ ...fields, why: result.why }, message);
  }

  /** A refusal of YouTube's; the same one is logged once. */
  #logYouTube(answer: YouTubeAnswer | null): void {
    if (answer === null || !this.#isNew('answer', answer.nonce)) return;
    const { outcome } = answer;
    const why = outcome.kind === 'ok' ? '' : `${outcome.failure.message} (${outcome.failure.reason})`;
    const level = this.#isNew('refusal', why) ? 'warn' : 'debug';
    if (why !== '') this.#parts.log[level]({ why }, 'YouTube does not do it');
  }

  /** Flaws of the plan, which are bugs of ours; each is logged once while it lasts. */
  #logFlaws(flaws: readonly string[]): void {
    const flawed = flaws.join('; ');
    if (this.#isNew('flaws', flawed) && flawed !== '') {
      this.#parts.log.error({ flaws: flawed }, 'the plan breaks a law; what does is left out');
    }
  }

  /** Every change of whether desired.yaml is accepted. */
  #logDesired({ file, accepted }: DesiredObservation): void {
    const { log } = this.#parts;
    const error = desiredError(file);
    if (!this.#isNew('desired.yaml', error ?? `accepted ${accepted?.hash ?? ''}`)) return;
    if (error === null) log.info({ hash: accepted?.hash }, 'desired.yaml accepted');
    else {
      const rest = accepted === null ? 'there is no good one to go by' : 'the last good one stays applied';
      log.warn({ error, applied: accepted?.hash ?? null }, `desired.yaml refused; ${rest}`);
    }
  }

  /** Whether this differs from what was said last of the same thing. */
  #isNew(of: string, what: string): boolean {
    const before = this.#said.get(of);
    this.#said.set(of, what);
    return before !== what;
  }

  #complainAll(name: string, answers: readonly (string | null)[]): void {
    for (const failure of answers) this.#complain(name, failure);
  }

  /** As `/health` tells them: a PID file, too, names a process that is there. */
  #savePids({ observation }: Pass, { uplink, playout, next }: HealthBody): void {
    if (worldOf(observation) === null) return;
    const { store } = this.#parts;
    const { uplinkPid, playoutPid, nextPid } = STATE_FILES;
    this.#complain(uplinkPid, store.savePid(uplinkPid, uplink?.pid ?? null));
    this.#complain(playoutPid, store.savePid(playoutPid, playout?.pid ?? null));
    this.#complain(nextPid, store.savePid(nextPid, next?.pid ?? null));
  }

  #saveState({ plan, now }: Pass, report: HealthBody): void {
    const { store, boot } = this.#parts;
    const { memory } = plan;
    // What matters after a restart is saved at once; positions and counters now and then.
    const essence = JSON.stringify([
      report.status,
      report.reason,
      memory.uplink,
      memory.items,
      memory.stopping,
      youTubeEssence(memory.youtube),
      memory.trouble,
      report.uplink?.pid,
      report.playout?.pid,
      this.#played.playing?.begin,
    ]);
    const isChanged = essence !== this.#saved;
    if (!isChanged && now.monoMs - this.#savedAtMs < SAVE_EVERY_MS) return;
    this.#saved = essence;
    this.#savedAtMs = now.monoMs;
    const state = {
      status: report.status,
      reason: report.reason,
      message: report.message,
      since: report.since,
      lastHealthCheck: new Date(now.wallMs).toISOString(),
      daemonPid: process.pid,
      uplink: report.uplink,
      playout: report.playout,
      next: report.next,
      upcoming: report.upcoming,
      playing: this.#played.playing,
      bootId: boot.id,
      namespaceStartTicks: boot.namespaceStartTicks,
      tallies: memory,
    };
    const text = `${JSON.stringify(state, null, 2)}\n`;
    const failure = isChanged ? store.saveDurably(STATE_FILES.state, text) : store.save(STATE_FILES.state, text);
    this.#complain(STATE_FILES.state, failure);
  }

  #saveLastGood({ observation }: Pass): void {
    const { store, textOf } = this.#parts;
    const { file } = observation.desired;
    const text = file.kind === 'ok' ? textOf(file.hash) : null;
    if (text !== null) this.#complain(STATE_FILES.lastGood, store.saveDurably(STATE_FILES.lastGood, text));
  }

  /** Logs a failure to write when it begins and when it ends. */
  #complain(name: string, failure: string | null): void {
    const before = this.#complaints.get(name);
    if (failure === null) {
      if (before !== undefined) this.#parts.log.info({ file: name }, 'state file can be written again');
      this.#complaints.delete(name);
    } else if (before !== failure) {
      this.#complaints.set(name, failure);
      this.#parts.log.error({ file: name, why: failure }, 'state file cannot be written');
    }
  }
}

/** Must be in the file before a call is answered, so that the next daemon goes on from there if this one dies. */
const youTubeEssence = ({ attempt, current, retiring, creationsWallMs, renewal, blocked, archives }: YouTubeMemory) =>
  [attempt, current, retiring, creationsWallMs, renewal, blocked, archives] as const;

/** What the log tells of an action; null = it is not told. */
function describe(action: Action): object | null {
  switch (action.kind) {
    case 'startUplink':
      return { run: action.runId };
    case 'startPlayout': {
      const { runId: run, spec } = action;
      if (spec.kind === 'slate') return { run, item: null };
      return { run, item: spec.facts.key, mode: modeOf(spec.part), offsetMs: spec.part.cursor.offsetMs };
    }
    case 'mendFacts':
      return { item: action.facts.key, sent: action.facts.contradicted };
    case 'signal':
      return { run: action.run.runId, pid: action.run.process.pid, signal: action.signal, reason: action.reason };
    case 'askYouTube': {
      const { call, rule } = action;
      if (call.kind === 'look' || call.kind === 'readVideo') return null;
      return {
        call: call.kind,
        broadcast: 'id' in call ? call.id : null,
        to: 'to' in call ? call.to : undefined,
        notes: 'notes' in call && call.notes.length > 0 ? call.notes : undefined,
        rule,
      };
    }
    case 'inspectItem':
    case 'listMedia':
    case 'keepCopy':
    case 'keepClip':
    case 'probeIngest':
    case 'forgetRun':
    case 'exit':
      return null;
  }
}
