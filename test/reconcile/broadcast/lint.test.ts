import { describe, expect, it } from 'vitest';
import { lintBroadcast } from '../../../src/reconcile/broadcast/lint.ts';
import type { YouTubeCall } from '../../../src/reconcile/model/youtube/youtube.ts';
import {
  attempted,
  broadcast,
  type Change,
  changeAll,
  keptScene,
  looked,
  nothingLive,
  remembers,
  WALL_MS,
  within,
} from './scene.ts';

const LOOK: YouTubeCall = { kind: 'look', streamId: 'ours', upcoming: false, ids: [] };
const INSERT: YouTubeCall = {
  kind: 'insert',
  broadcast: {
    title: 'Rain 2',
    description: '',
    scheduledAtMs: WALL_MS,
    privacy: 'public',
    madeForKids: false,
    latency: 'normal',
  },
  notes: [],
};
const complete = (id: string): YouTubeCall => ({ kind: 'transition', id, to: 'complete' });
const announced = attempted({});
const created = attempted({ id: 'next', sent: true, step: 'created' });
const twoLive = looked({ broadcasts: [broadcast('kept'), broadcast('other')] });

/** What the linter says of this call in the kept scene so changed. */
function lint(call: YouTubeCall | null, ...changes: readonly Change[]): readonly string[] {
  const { memory, context } = changeAll(keptScene(), ...changes);
  return lintBroadcast({ rule: 'broadcast-kept', call, memory }, memory, context);
}

describe('lintBroadcast', () => {
  it.each<[string, YouTubeCall | null, ...Change[]]>([
    ['nothing asked', null],
    ['a look', LOOK],
    ['a creation that was announced', INSERT, announced],
    ['the next one bound to our stream', { kind: 'bind', id: 'next', streamId: 'ours' }, created],
    ['the old one completed beside the new', complete('kept'), twoLive],
    ['the last one completed where it is not to run', complete('kept'), within({ desired: { kind: 'offAir' } })],
    ['the next one deleted that never became live', { kind: 'delete', id: 'next' }, created],
    ['an edit of ours', { kind: 'edit', id: 'kept', edit: { title: 'Snow' }, notes: [] }],
  ])('finds nothing wrong with %s', (_what, call, ...changes) => {
    expect(lint(call, ...changes)).toEqual([]);
  });

  it.each<[string, YouTubeCall, ...Change[]]>([
    [
      'it asks YouTube without a login',
      LOOK,
      ({ memory, context }) => ({
        memory,
        context: { ...context, observation: { ...context.observation, login: null } },
      }),
    ],
    [
      'it asks YouTube while another call is under way',
      LOOK,
      ({ memory, context }) => ({
        memory,
        context: { ...context, observation: { ...context.observation, asking: 'n0' } },
      }),
    ],
    ['it writes to YouTube though nobody wishes it', complete('kept'), within({ desired: { kind: 'leave' } })],
    ['it writes to YouTube without having looked', complete('kept'), looked({ stream: null })],
    ['it begins a broadcast that could not be told from another', INSERT],
    ['it begins a broadcast that could not be told from another', INSERT, attempted({ sent: true })],
    [
      'it begins more broadcasts than it may',
      INSERT,
      announced,
      remembers({ creationsWallMs: Array(8).fill(WALL_MS) }),
    ],
    [
      'it writes to what is not bound to our stream',
      complete('theirs'),
      looked({
        broadcasts: [broadcast('kept'), broadcast('theirs', { streamId: 'another' })],
      }),
    ],
    ['it deletes what it did not begin', { kind: 'delete', id: 'kept' }],
    ['it deletes what it did not begin', { kind: 'delete', id: 'kept' }, attempted({ id: 'kept', sent: true })],
    ['it binds to another stream', { kind: 'bind', id: 'next', streamId: 'another' }, created],
    ['it completes the last live broadcast while running', complete('kept')],
    ['it completes the last live broadcast while running', complete('next'), created, nothingLive(0)],
  ])('says: %s', (flaw, call, ...changes) => {
    expect(lint(call, ...changes)).toContain(flaw);
  });
});
