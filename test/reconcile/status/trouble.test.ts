import { describe, expect, it } from 'vitest';
import { NO_TROUBLE, type TroubleMemory } from '../../../src/reconcile/model/memory.ts';
import type { NotifierView } from '../../../src/reconcile/model/observation.ts';
import type { Status } from '../../../src/reconcile/model/status.ts';
import { followTrouble } from '../../../src/reconcile/status/trouble.ts';
import { NOW_MS, WALL_MS } from '../world-builder.ts';

const LIVE: Status = { status: 'live', reason: 'OnAir', message: '"rain.mp4" is on air' };
const DOWN: Status = { status: 'down', reason: 'UplinkFailed', message: 'refused; trying again in 3 s' };
const STARTING: Status = { status: 'starting', reason: 'Connecting', message: 'connecting' };
const DEGRADED: Status = { status: 'degraded', reason: 'SlateShowing', message: 'the slate is on air' };
const RECYCLING: Status = { status: 'stopped', reason: 'Recycling', message: 'the next begins in 3 s' };
const ENDING: Status = { status: 'stopping', reason: 'ShuttingDown', message: 'told to end' };
const STOPPED: Status = { status: 'stopped', reason: 'StoppedByFile', message: 'running: false' };
const GOING_OFF: Status = { status: 'stopping', reason: 'StoppedByFile', message: 'going off air' };

const NOTIFIER: NotifierView = { afterMs: 60_000, delivered: [], last: null };

/** `status` for so many seconds, one pass a second. */
type Spell = readonly [Status, seconds: number];

/** What is told, as `SECOND event status`, over these spells; every message is delivered at once. */
function story(...spells: readonly Spell[]): readonly string[] {
  let memory = NO_TROUBLE;
  let second = 0;
  const told: string[] = [];
  const delivered: string[] = [];
  for (const [status, seconds] of spells) {
    for (const end = second + seconds; second < end; second++) {
      const now = { monoMs: NOW_MS + second * 1_000, wallMs: WALL_MS + second * 1_000, nonce: `n${String(second)}` };
      memory = followTrouble(memory, status, { ...NOTIFIER, delivered }, now);
      for (const notice of memory.outbox.filter(({ id }) => !delivered.includes(id))) {
        told.push(`${String(second)} ${notice.event} ${notice.status}`);
        delivered.push(notice.id);
      }
    }
  }
  return told;
}

describe('a trouble is told', () => {
  it.each<[string, readonly Spell[], readonly string[]]>([
    ['not while all is well', [[LIVE, 1_000]], []],
    [
      'once, when /health has been 503 for as long as wished',
      [
        [LIVE, 5],
        [DOWN, 1_000],
      ],
      ['65 trouble down'],
    ],
    [
      'not when it is over before',
      [
        [LIVE, 5],
        [DOWN, 60],
        [LIVE, 500],
      ],
      [],
    ],
    [
      'not once for each retry',
      [
        [DOWN, 20],
        [STARTING, 5],
        [DOWN, 40],
        [STARTING, 5],
        [DOWN, 900],
      ],
      ['60 trouble down'],
    ],
    [
      'over, once, when it has been well as long',
      [
        [DOWN, 100],
        [LIVE, 500],
      ],
      ['60 trouble down', '160 well live'],
    ],
    [
      'over only once it is so for good',
      [
        [DOWN, 100],
        [LIVE, 50],
        [DOWN, 100],
        [LIVE, 100],
      ],
      ['60 trouble down', '310 well live'],
    ],
    [
      'again when another comes',
      [
        [DOWN, 61],
        [LIVE, 61],
        [DOWN, 61],
      ],
      ['60 trouble down', '121 well live', '182 trouble down'],
    ],
    ['ten times later where the stream is on air but not as wished', [[DEGRADED, 5_000]], ['600 trouble degraded']],
    [
      'with the time it was off air counted among that',
      [
        [DOWN, 30],
        [DEGRADED, 5_000],
      ],
      ['600 trouble degraded'],
    ],
    [
      'once more when a stream that was not as wished goes off air',
      [
        [DEGRADED, 700],
        [DOWN, 500],
      ],
      ['600 trouble degraded', '760 trouble down'],
    ],
    [
      'not again when it is back, but not as wished',
      [
        [DOWN, 100],
        [DEGRADED, 500],
        [DOWN, 100],
      ],
      ['60 trouble down'],
    ],
    [
      'again when it was back for long, though not as wished',
      [
        [DOWN, 100],
        [DEGRADED, 700],
        [DOWN, 100],
      ],
      ['60 trouble down', '860 trouble down'],
    ],
    [
      'not of a recycle',
      [
        [LIVE, 9],
        [RECYCLING, 90],
        [LIVE, 99],
      ],
      [],
    ],
    [
      'not of a daemon that was told to end',
      [
        [LIVE, 9],
        [ENDING, 300],
      ],
      [],
    ],
    [
      'not of a stream that the file stopped',
      [
        [LIVE, 9],
        [GOING_OFF, 90],
        [STOPPED, 9_000],
      ],
      [],
    ],
    [
      'not again over a restart that was told so',
      [
        [DOWN, 100],
        [ENDING, 90],
        [STARTING, 3],
        [DOWN, 500],
      ],
      ['60 trouble down'],
    ],
    [
      'not again over a recycle in its midst',
      [
        [DOWN, 100],
        [RECYCLING, 90],
        [DOWN, 500],
      ],
      ['60 trouble down'],
    ],
    [
      'anew after the file had stopped the stream for as long',
      [
        [DOWN, 100],
        [STOPPED, 61],
        [DOWN, 100],
      ],
      ['60 trouble down', '221 trouble down'],
    ],
  ])('%s', (_name, spells, expected) => {
    expect(story(...spells)).toEqual(expected);
  });
});

describe('what is remembered of a trouble', () => {
  const at = (seconds: number, nonce = 'n'): { monoMs: number; wallMs: number; nonce: string } => ({
    monoMs: NOW_MS + seconds * 1_000,
    wallMs: WALL_MS + seconds * 1_000,
    nonce,
  });
  const follow = (before: TroubleMemory, status: Status, seconds: number, view = NOTIFIER): TroubleMemory =>
    followTrouble(before, status, view, at(seconds, `n${String(seconds)}`));
  const told = follow(follow(NO_TROUBLE, DOWN, 0), DOWN, 60);

  it('is a message with when it began, when it was told, and the words of /health', () => {
    expect(told.outbox).toEqual([
      { id: 'n60', event: 'trouble', ...DOWN, sinceWallMs: WALL_MS, atWallMs: WALL_MS + 60_000 },
    ]);
  });

  it('is the message until it was delivered', () => {
    expect(follow(told, DOWN, 100).outbox).toEqual(told.outbox);
    expect(follow(told, DOWN, 100, { ...NOTIFIER, delivered: ['n60'] }).outbox).toEqual([]);
  });

  it('is not a message that nobody took for a day', () => {
    expect(follow(told, DOWN, 60 + 24 * 3600 - 1).outbox).toHaveLength(1);
    expect(follow(told, DOWN, 60 + 24 * 3600).outbox).toEqual([]);
  });

  it('are the last four messages where none can be delivered', () => {
    let memory = NO_TROUBLE;
    for (let second = 0; second < 1_000; second += 1) memory = follow(memory, second % 200 < 100 ? DOWN : LIVE, second);
    expect(memory.outbox.map(({ event, atWallMs }) => `${event} ${String((atWallMs - WALL_MS) / 1_000)}`)).toEqual([
      'trouble 660',
      'well 760',
      'trouble 860',
      'well 960',
    ]);
  });

  it('is nothing where nobody is to be told', () => {
    expect(followTrouble(told, DOWN, null, at(100))).toEqual(NO_TROUBLE);
  });
});
