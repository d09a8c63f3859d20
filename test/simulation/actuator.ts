import type { MediaCatalogue } from '../../src/observe/media/catalogue.ts';
import type { Action } from '../../src/reconcile/model/plan.ts';
import { formatMarker, MARKER_VARIABLE } from '../../src/reconcile/model/run.ts';
import type { ActionResult } from '../../src/reconcile/ports.ts';
import type { SimFeed } from './feed.ts';
import type { SimIngestProbe } from './ingest-probe.ts';
import { type Machine, STATE_ID } from './machine.ts';
import { expiryOf } from './store.ts';

export interface SimActuatorParts {
  readonly machine: Machine;
  readonly feed: SimFeed;
  readonly catalogue: MediaCatalogue;
  readonly probe: SimIngestProbe;
  readonly urlTtlS: number;
  /** This daemon is the parent of what it starts. */
  readonly onStart: (runId: string) => void;
}

/** Carries out actions on the simulated machine, as `Actuator` does on the real one. */
export async function actOn(parts: SimActuatorParts, action: Action): Promise<ActionResult> {
  const { machine, feed } = parts;
  switch (action.kind) {
    case 'startUplink':
    case 'startPlayout': {
      if (machine.ffmpeg.kind === 'missing') return { kind: 'failed', why: 'FFmpeg is missing' };
      if (machine.spawnFails) return { kind: 'failed', why: 'spawn EAGAIN' };
      parts.onStart(action.runId);
      if (action.kind === 'startUplink') {
        feed.fifo.drain();
        machine.startUplink(feed, action.runId, action.specHash);
        return { kind: 'done' };
      }
      const url =
        action.spec.kind === 'slate' ? null : await machine.store.getStreamUrl(action.spec.facts.key, parts.urlTtlS);
      machine.startPlayout(feed, action, url?.kind === 'ok' ? expiryOf(url.value) : Number.POSITIVE_INFINITY);
      return { kind: 'done' };
    }
    case 'signal':
      return sendSignal(machine, action);
    case 'inspectItem':
      parts.catalogue.inspect(action.key, action.maxAgeMs, action.sample);
      return { kind: 'done' };
    case 'mendFacts':
      parts.catalogue.mend(action.facts);
      return { kind: 'done' };
    case 'listMedia':
      parts.catalogue.list(action.prefix, action.maxAgeMs);
      return { kind: 'done' };
    case 'keepCopy':
    case 'keepClip':
      // The simulated wishes name no slate and no visual.
      return { kind: 'done' };
    case 'probeIngest':
      parts.probe.ask();
      return { kind: 'done' };
    case 'askYouTube':
      return { kind: 'withheld', why: 'this machine knows no YouTube' };
    case 'forgetRun': {
      const { dir } = machine;
      if (dir.disk === 'readonly' && dir.runs.has(action.runId))
        return { kind: 'failed', why: 'EROFS: read-only file system' };
      dir.runs.delete(action.runId);
      return { kind: 'done' };
    }
    case 'exit':
      return { kind: 'done' };
  }
}

/** Same start ticks, same marker, or nothing is sent. */
function sendSignal(machine: Machine, { run, signal, scope }: Extract<Action, { kind: 'signal' }>): ActionResult {
  const process = machine.kernel.processes.get(run.process.pid);
  if (process === undefined) return { kind: 'withheld', why: 'it is gone' };
  if (process.startTicks !== run.process.startTicks)
    return { kind: 'withheld', why: 'the PID belongs to another process by now' };
  const { role, specHash, runId } = run;
  if (process.environ[MARKER_VARIABLE] !== formatMarker({ stateId: STATE_ID, role, specHash, runId })) {
    return { kind: 'withheld', why: 'it does not carry our marker' };
  }
  machine.kernel.signal(scope === 'group' ? process.session : process.pid, signal, scope);
  return { kind: 'done' };
}
