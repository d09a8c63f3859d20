import { describe, expect, it } from 'vitest';
import { lintBroadcast } from '../../../src/reconcile/broadcast/lint.ts';
import { planBroadcast } from '../../../src/reconcile/broadcast/plan-broadcast.ts';
import { BROADCAST_RULES } from '../../../src/reconcile/model/youtube/rules.ts';
import type { YouTubeCall } from '../../../src/reconcile/model/youtube/youtube.ts';
import {
  attempted,
  broadcast,
  type Change,
  changeAll,
  keptScene,
  LOOKED_AT_MS,
  looked,
  MINUTE_MS,
  nothingLive,
  NOW_MS,
  remembers,
  type Scene,
  SPEC,
  WALL_MS,
  within,
} from './scene.ts';

type Dimension = readonly (readonly [string, ...Change[]])[];

const seenLive = { startedWallMs: null, sinceMs: NOW_MS - 60 * MINUTE_MS, missedAtMs: null };
const beside =
  (...others: readonly string[]): Change =>
  (scene) =>
    changeAll(
      scene,
      looked({
        broadcasts: [...(scene.context.observation.look?.broadcasts ?? []), ...others.map((id) => broadcast(id))],
      }),
      remembers({ live: { ...scene.memory.live, ...Object.fromEntries(others.map((id) => [id, seenLive])) } }),
    );

const WISHES: Dimension = [
  ['on air'],
  [
    'off air',
    within({ desired: { kind: 'offAir' }, uplink: 'absent' }),
    remembers({ uplinkGoneSinceMs: NOW_MS - 6 * MINUTE_MS }),
  ],
  ['nothing described', within({ desired: { kind: 'leave' } })],
];
const STREAMS: Dimension = [
  ['active'],
  ['inactive', looked({ stream: { id: 'ours', status: 'inactive', health: null, healthAtMs: null, issues: [] } })],
];
const LIVE: Dimension = [
  ['ours'],
  ['ours, and one to be completed', beside('old'), remembers({ retiring: ['old'] })],
  [
    'ours, and a stranger',
    beside('stranger'),
    remembers({ surplus: { stranger: { firstAtMs: LOOKED_AT_MS - MINUTE_MS, lastAtMs: LOOKED_AT_MS } } }),
  ],
  ['a stranger', nothingLive(MINUTE_MS), remembers({ nothingLive: null }), beside('stranger')],
  ['none, by one read', nothingLive(0)],
  ['none, by two', nothingLive(MINUTE_MS)],
  [
    'none, and ours ended by itself',
    nothingLive(MINUTE_MS),
    remembers({ healing: { lost: true, lastWallMs: WALL_MS - MINUTE_MS, waitMs: 2 * MINUTE_MS } }),
  ],
];
const shown =
  (lifeCycle: 'created' | 'ready' | 'liveStarting'): Change =>
  (scene) =>
    looked({
      broadcasts: [
        ...(scene.context.observation.look?.broadcasts ?? []),
        broadcast('next', {
          title: 'Rain 2',
          lifeCycle,
          streamId: lifeCycle === 'created' ? null : 'ours',
          startedAtMs: null,
        }),
      ],
    })(scene);
const NEXT: Dimension = [
  ['none'],
  ['due', remembers({ renewal: 'age' })],
  ['announced', attempted({})],
  ['asked for', attempted({ sent: true })],
  ['created', attempted({ id: 'next', sent: true, step: 'created' }), shown('created')],
  ['bound', attempted({ id: 'next', sent: true, step: 'bound' }), shown('ready')],
  [
    'starting',
    attempted({ id: 'next', sent: true, step: 'starting', startingSinceMs: NOW_MS - MINUTE_MS }),
    shown('liveStarting'),
  ],
  [
    'starting for 2 P',
    attempted({ id: 'next', sent: true, step: 'starting', startingSinceMs: NOW_MS - 2 * MINUTE_MS }),
    shown('liveStarting'),
  ],
];
/** One at a time, in the kept scene. */
const ELSE: Dimension = [
  ['no login', (scene) => observed(scene, { login: null })],
  [
    'a call under way',
    (scene) => observed(remembers({ pending: { nonce: 'n0', call: LOOK, applies: {} } })(scene), { asking: 'n0' }),
  ],
  ['a wait', remembers({ api: { ...keptScene().memory.api, state: 'backoff', untilMs: NOW_MS + MINUTE_MS } })],
  [
    'a look that is due',
    remembers({
      pace: { lookedAtMs: NOW_MS - 2 * MINUTE_MS, accountedMs: LOOKED_AT_MS, fastUntilMs: null, changedAtMs: null },
    }),
  ],
  [
    'a look that is due, and a quota that is nearly used up',
    remembers({
      pace: { lookedAtMs: NOW_MS - 2 * MINUTE_MS, accountedMs: LOOKED_AT_MS, fastUntilMs: null, changedAtMs: null },
    }),
    (scene) => observed(scene, { quota: { used: 9_000, limit: 10_000, resetsAtMs: WALL_MS + 60 * MINUTE_MS } }),
  ],
  ['nothing seen yet', (scene) => observed(scene, { look: null })],
  ['a key that leads nowhere', looked({ stream: null })],
  ['another title in the file', within({ desired: { kind: 'onAir', spec: { ...SPEC, title: 'Snow {n}' } } })],
  ['a thumbnail in the file', within({ desired: { kind: 'onAir', spec: { ...SPEC, thumbnail: 'a.png' } } })],
  ['a playlist in the file', within({ desired: { kind: 'onAir', spec: { ...SPEC, playlist: 'PL1' } } })],
  [
    'a video that is awaited',
    remembers({
      archives: [
        {
          id: 'past',
          startedWallMs: null,
          endedWallMs: WALL_MS - MINUTE_MS,
          state: 'awaited',
          why: null,
          durationMs: null,
          checkedWallMs: null,
        },
      ],
    }),
  ],
  [
    'the next one not wanted any more',
    attempted({ id: 'next', sent: true, step: 'bound' }),
    shown('ready'),
    remembers({ renewal: null }),
  ],
  [
    'ours not found by the last look',
    remembers({ live: { kept: { ...seenLive, missedAtMs: LOOKED_AT_MS } } }),
    looked({ broadcasts: [] }),
  ],
  [
    'as many creations as there may be',
    remembers({ renewal: 'age', creationsWallMs: Array<number>(8).fill(WALL_MS - MINUTE_MS) }),
  ],
  [
    'a value that YouTube refused',
    remembers({
      renewal: 'age',
      blocked: { reason: 'invalidTitle', message: 'no', untilMs: null, spec: JSON.stringify(SPEC) },
    }),
  ],
  [
    'the same write a moment ago',
    remembers({ writes: { 'edit kept': { atMs: NOW_MS - 1_000, tries: 1 } } }),
    within({ desired: { kind: 'onAir', spec: { ...SPEC, title: 'Snow {n}' } } }),
  ],
  [
    'one that Studio starts',
    nothingLive(MINUTE_MS),
    looked({ broadcasts: [broadcast('theirs', { lifeCycle: 'liveStarting', startedAtMs: null })] }),
  ],
];

const LOOK: YouTubeCall = { kind: 'look', streamId: 'ours', upcoming: false, ids: [] };

const observed = ({ memory, context }: Scene, change: Partial<Scene['context']['observation']>): Scene => ({
  memory,
  context: { ...context, observation: { ...context.observation, ...change } },
});

const fired = new Set<string>();

/** Rule and call, and what the linter has against it. */
function planned(...changes: readonly Change[]): string {
  const { memory, context } = changeAll(keptScene(), ...changes);
  const plan = planBroadcast(memory, context);
  expect(lintBroadcast(plan, memory, context)).toEqual([]);
  fired.add(plan.rule);
  return `${plan.rule} | ${callText(plan.call)}`;
}

function callText(call: YouTubeCall | null): string {
  if (call === null) return '';
  switch (call.kind) {
    case 'look':
      return `look${call.upcoming ? ', upcoming too' : ''}${call.ids.map((id) => `, ${id}`).join('')}`;
    case 'insert':
      return `insert ${call.broadcast.title}`;
    case 'transition':
      return `${call.id} to ${call.to}`;
    case 'bind':
    case 'delete':
    case 'edit':
    case 'thumbnail':
    case 'addToPlaylist':
    case 'readVideo':
      return `${call.kind} ${call.id}`;
  }
}

/** While nothing is described the rest does not matter; one row says it. Off air none begins. */
const irrelevant = (desired: string, stream: string, live: string, next: string): boolean =>
  (desired === 'nothing described' && (stream !== 'active' || live !== 'ours' || next !== 'none')) ||
  (desired === 'off air' && (stream === 'active' || next === 'due'));

function* rows(): Generator<string> {
  for (const [desired, ...wished] of WISHES) {
    yield `\n## Wished: ${desired}\n`;
    yield '| stream | live | the next one | rule | call |';
    yield '| --- | --- | --- | --- | --- |';
    for (const [stream, ...streams] of STREAMS) {
      for (const [live, ...lives] of LIVE) {
        for (const [next, ...nexts] of NEXT) {
          if (irrelevant(desired, stream, live, next)) continue;
          yield `| ${stream} | ${live} | ${next} | ${planned(...lives, ...streams, ...nexts, ...wished)} |`;
        }
      }
    }
  }
  yield '\n## Ours is live, and there is\n';
  yield '| what | rule | call |';
  yield '| --- | --- | --- |';
  for (const [what, ...changes] of ELSE) yield `| ${what} | ${planned(...changes)} |`;
}

const HEADER = `# Decision table of YouTube's side

Written by \`decision-table.test.ts\`: combinations of a few states and what the planner makes of them. A change of policy
is a change of this file. Update with \`npx vitest run -u broadcast/decision-table\`.`;

describe("the decision table of YouTube's side", () => {
  it('is as it was when somebody last agreed to it', async () => {
    await expect(`${[HEADER, ...rows()].join('\n')}\n`).toMatchFileSnapshot('decision-table.md');
  });

  it('exercises every rule', () => {
    expect(BROADCAST_RULES.filter((rule) => !fired.has(rule))).toEqual([]);
  });
});
