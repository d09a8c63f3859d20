import fc from 'fast-check';
import type { YouTubeFailureKind } from '../../../src/reconcile/model/youtube/youtube.ts';
import { SPEC } from '../../reconcile/broadcast/scene.ts';
import type { Controller, Mishap } from './controller.ts';
import { STREAM_ID } from './model.ts';

const MINUTE_MS = 60_000;

/** One thing that goes wrong with YouTube's side, or that somebody does to it. */
export interface YouTubeFault {
  readonly name: string;
  readonly happen: (controller: Controller) => void;
}

const fault = <Args>(name: string, args: fc.Arbitrary<Args>, happen: (controller: Controller, args: Args) => void) =>
  args.map((chosen): YouTubeFault => ({
    name: `${name} ${JSON.stringify(chosen)}`,
    happen: (controller) => happen(controller, chosen),
  }));

const lastingMs = fc.constantFrom(5_000, 40_000, 5 * MINUTE_MS, 2 * 60 * MINUTE_MS);
const kinds = fc.constantFrom<YouTubeFailureKind>('unavailable', 'rate', 'unauthorized', 'refused', 'quota');
const calls = fc.constantFrom('look', 'insert', 'bind', 'transition', 'delete', 'edit');
const mishaps = fc.constantFrom<Mishap>('lostAnswer', 'daemonDiesBefore', 'daemonDiesAfter');

/** The ten failures that have to be survived, as they come in any order. */
export const anyYouTubeFault: fc.Arbitrary<YouTubeFault> = fc.oneof(
  fault('it ends by itself', fc.constant(null), ({ youtube }) => {
    const [id] = youtube.live;
    if (id !== undefined) youtube.end(id);
  }),
  fault(
    'a call goes wrong',
    fc.record({ kind: calls, mishap: mishaps, times: fc.integer({ min: 1, max: 3 }) }),
    (controller, { kind, mishap, times }) => {
      let left = times;
      controller.mishap = (call) => (call.kind === kind && left-- > 0 ? mishap : null);
    },
  ),
  fault('the daemon is killed', fc.record({ sameBoot: fc.boolean() }), (controller, { sameBoot }) =>
    controller.restart(sameBoot),
  ),
  fault('YouTube fails', fc.record({ kind: kinds, forMs: lastingMs }), (controller, { kind, forMs }) => {
    controller.youtube.fails = kind;
    controller.after(forMs, () => {
      controller.youtube.fails = null;
    });
  }),
  fault(
    'a call is refused',
    fc.record({
      call: calls,
      kind: fc.constantFrom<YouTubeFailureKind>('conflict', 'limit', 'inactive', 'missing'),
      forMs: lastingMs,
    }),
    (controller, { call, kind, forMs }) => {
      controller.youtube.refuses = { call: call as 'insert', kind };
      controller.after(forMs, () => {
        controller.youtube.refuses = null;
      });
    },
  ),
  fault(
    'somebody is in Studio',
    fc.constantFrom('begins', 'beginsElsewhere', 'deletes', 'rebinds'),
    ({ youtube }, what) => {
      const [id] = youtube.live;
      if (what === 'begins') youtube.beginInStudio();
      else if (what === 'beginsElsewhere') youtube.beginInStudio(0, 'another-stream');
      else if (id !== undefined && what === 'deletes') youtube.broadcasts.delete(id);
      else if (id !== undefined) youtube.broadcasts.get(id)!.streamId = 'another-stream';
    },
  ),
  fault('starts are stuck', fc.integer({ min: 1, max: 2 }), ({ youtube }, times) => {
    youtube.stuckStarts = times;
  }),
  fault('the uplink is renewed', fc.constantFrom(3_000, 30_000), (controller, forMs) => {
    controller.uplink = 'absent';
    controller.youtube.streamActive = false;
    controller.after(forMs, () => {
      controller.uplink = 'acknowledged';
      controller.youtube.streamActive = true;
    });
  }),
  fault('lists lag', fc.constantFrom(0, 5_000, 45_000), ({ youtube }, ms) => {
    youtube.listLagMs = ms;
  }),
  fault('the clock is wrong', fc.constantFrom(0, 3_600_000, -3_600_000), (controller, ms) => {
    controller.clockErrorMs = ms;
  }),
  fault('the broadcast is old', fc.integer({ min: 600, max: 680 }), ({ youtube }, minutes) => {
    const [id] = youtube.live;
    if (id !== undefined) youtube.broadcasts.get(id)!.startedAtMs = youtube.nowMs - minutes * MINUTE_MS;
  }),
  fault(
    'the file is edited',
    fc.record({ running: fc.boolean(), title: fc.constantFrom('Rain {n}', 'Snow {n}') }),
    (controller, { running, title }) => {
      controller.desired = running ? { kind: 'onAir', spec: { ...SPEC, title } } : { kind: 'offAir' };
      controller.uplink = running ? 'acknowledged' : 'absent';
      controller.youtube.streamActive = running;
    },
  ),
);

/** All that was wrong is well again; what it left behind stays. */
export function healAll(controller: Controller): void {
  const { youtube } = controller;
  youtube.fails = null;
  youtube.refuses = null;
  youtube.listLagMs = 0;
  youtube.stuckStarts = 0;
  youtube.streamActive = true;
  controller.mishap = () => null;
  controller.clockErrorMs = 0;
  controller.uplink = 'acknowledged';
  controller.desired = { kind: 'onAir', spec: SPEC };
  // Somebody logs in anew.
  controller.observation = { ...controller.observation, login: `${controller.observation.login ?? ''}+` };
}

/** What is not as it should be in the end; null = exactly one broadcast is live on our stream, and it is ours. */
export function whatIsWrong({ youtube, memory }: Controller): string | null {
  if (youtube.live.length !== 1) return `${youtube.live.length} are live on our stream`;
  if (memory.current?.id !== youtube.live[0]) return 'the one that is live is not known as ours';
  if (memory.attempt !== null) return 'another one is on its way';
  if (memory.retiring.length > 0) return 'one that is to be completed is not';
  const left = [...youtube.broadcasts.values()].filter(
    ({ id, lifeCycle, streamId }) => memory.current?.id !== id && streamId === STREAM_ID && lifeCycle === 'ready',
  );
  return left.length === 0 ? null : 'one that never became live was left behind';
}
