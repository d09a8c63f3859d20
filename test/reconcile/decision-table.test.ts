import { describe, expect, it } from 'vitest';
import {
  backoffWaiting,
  desiredInvalid,
  holderDead,
  holderPlays,
  holderSilent,
  holderStarved,
  mediaEdited,
  mediaPending,
  nothingAccepted,
  noWaiter,
  resolutionEdited,
  retriesExhausted,
  shuttingDown,
  stopWished,
  storageDown,
  unacked,
  uplinkDead,
  waiterPlays,
} from './mutations.ts';
import { planText } from './plan-text.ts';
import { healthyWorld, itemAt, mutate, type Mutation, planOf, slateOf, SPEC } from './world-builder.ts';

type Dimension = readonly (readonly [string, ...Mutation[]])[];

const WISHES: Dimension = [
  ['on air'],
  ['other media', mediaEdited('snow.mp4')],
  ['other size', resolutionEdited],
  ['off air', stopWished],
  ['nothing valid', desiredInvalid, nothingAccepted],
  ['to end', shuttingDown],
];
const UPLINKS: Dimension = [
  ['live'],
  ['unacked 6 s', unacked(6_000)],
  ['none', uplinkDead],
  ['none, waiting', uplinkDead, backoffWaiting],
  ['none, given up', uplinkDead, retriesExhausted],
];
const PLAYOUTS: Dimension = [
  ['item'],
  ['item, stalled', holderStarved, holderSilent(6_000)],
  ['slate', holderPlays(slateOf(SPEC))],
  ['none', holderDead],
];
const WAITERS: Dimension = [
  ['none', noWaiter],
  ['item, primed', waiterPlays(itemAt('snow.mp4', 0))],
];
const MEDIA: Dimension = [['ok'], ['looked up', mediaPending], ['store away', storageDown]];

/** What cannot be: nobody waits in line where nobody holds the lock. */
const impossible = (playout: string, waiter: string): boolean => playout === 'none' && waiter !== 'none';
/** Without a wish for media, or while the playout is ended anyway, the store's state cannot matter; one row says it. */
const irrelevant = (desired: string, playout: string, media: string): boolean =>
  media !== 'ok' && (['off air', 'nothing valid', 'to end'].includes(desired) || playout === 'item, stalled');

function* rows(): Generator<string> {
  for (const [desired, ...wished] of WISHES) {
    yield `\n## Wished: ${desired}\n`;
    yield '| uplink | playout | in line | media | verdict | rules | actions |';
    yield '| --- | --- | --- | --- | --- | --- | --- |';
    for (const [uplink, ...uplinks] of UPLINKS) {
      for (const [playout, ...playouts] of PLAYOUTS) {
        for (const [waiter, ...waiters] of WAITERS) {
          for (const [media, ...medias] of MEDIA) {
            if (impossible(playout, waiter) || irrelevant(desired, playout, media)) continue;
            const world = mutate(healthyWorld(), ...waiters, ...playouts, ...uplinks, ...wished, ...medias);
            const [rules, verdict, ...actions] = planText(planOf(world));
            yield `| ${[uplink, playout, waiter, media, verdict, rules, actions.join('; ')].join(' | ')} |`;
          }
        }
      }
    }
  }
}

const HEADER = `# Decision table

Written by \`decision-table.test.ts\`: every combination of a few states and what the planner makes of it. A change of
policy is a change of this file; look-ups of media are left out. Update with \`npx vitest run -u decision-table\`.`;

describe('the decision table', () => {
  it('is as it was when somebody last agreed to it', async () => {
    await expect(`${[HEADER, ...rows()].join('\n')}\n`).toMatchFileSnapshot('decision-table.md');
  });
});
