import { describe, expect, it } from 'vitest';
import { daemonDies } from './commands/daemon-dies.ts';
import { daemonTold } from './commands/daemon-told.ts';
import { desiredEdited } from './commands/desired-edited.ts';
import { diskFails } from './commands/disk-fails.ts';
import { faultOf } from './commands/fault.ts';
import { itemOneSided } from './commands/item-one-sided.ts';
import { runHarmed } from './commands/run-harmed.ts';
import { storeFails } from './commands/store-fails.ts';
import { play } from './scenario.ts';
import type { Scenario } from './simulation.ts';

const SETTINGS = { urlTtlS: 604_800, delayMs: 5_000, maxRetries: 3 };

/** What the simulation has found so far, each as small as it could be made. */
const FOUND: readonly (readonly [guards: string, scenario: Scenario])[] = [
  [
    'a programme of one item that sends no picture comes to rest between its tries',
    {
      seed: 0,
      settings: { ...SETTINGS, delayMs: 1_000 },
      steps: [
        { afterMs: 0, fault: faultOf(desiredEdited, { media: 'short.mp4' }) },
        { afterMs: 0, fault: faultOf(itemOneSided, { key: 'short.mp4', stream: 'picture', fromMs: 0 }) },
        { afterMs: 0, fault: faultOf(daemonTold, { what: 'handOver' }) },
      ],
    },
  ],
  [
    'it is not live while the muxer holds all back for the picture that one item lacks, and the next',
    {
      seed: 0,
      settings: { ...SETTINGS, delayMs: 1_000 },
      steps: [
        { afterMs: 2_000, fault: faultOf(itemOneSided, { key: 'loops/rain.mp4', stream: 'picture', fromMs: 0 }) },
        { afterMs: 2_000, fault: faultOf(daemonDies, { effects: 0, when: 'before' }) },
        { afterMs: 3_140, fault: faultOf(daemonDies, { effects: null, when: 'before' }) },
        { afterMs: 4_807, fault: faultOf(desiredEdited, { media: 'loops/', bitrate: '1500k' }) },
      ],
    },
  ],
  [
    'an empty progress file on a full or read-only disk is no standstill',
    {
      seed: 3,
      settings: { ...SETTINGS, urlTtlS: 20, maxRetries: 1 },
      steps: [
        { afterMs: 1_436, fault: faultOf(diskFails, { what: 'readonly', forMs: 25_000 }) },
        { afterMs: 24_000, fault: faultOf(storeFails, { mode: 'down', forMs: 300 }) },
      ],
    },
  ],
  [
    'a failure of the store is not named for hours after the store is back',
    {
      seed: 684_002_904,
      settings: SETTINGS,
      steps: [
        { afterMs: 14_687, fault: faultOf(storeFails, { mode: 'down', forMs: 25_000 }) },
        { afterMs: 14_139, fault: faultOf(runHarmed, { victim: 'uplink', signal: 'SIGSTOP', goesOnMs: 1_500 }) },
      ],
    },
  ],
  [
    'a listing that fails does not cut the item on air',
    {
      seed: 428_124_034,
      settings: { ...SETTINGS, delayMs: 1_000, maxRetries: 0 },
      steps: [
        { afterMs: 1_000, fault: faultOf(desiredEdited, { media: 'loops/' }) },
        { afterMs: 30_000, fault: faultOf(storeFails, { mode: 'down', forMs: 4_000 }) },
        { afterMs: 344, fault: faultOf(daemonTold, { what: 'handOver' }) },
      ],
    },
  ],
  [
    'a new daemon that finds no progress files touches nothing',
    {
      seed: 1_012_077_684,
      settings: SETTINGS,
      steps: [
        { afterMs: 46_000, fault: faultOf(diskFails, { what: 'deleted', forMs: 25_000 }) },
        { afterMs: 2_100, fault: faultOf(daemonDies, { effects: null, when: 'before' }) },
      ],
    },
  ],
  [
    'a progress file that was deleted does not make the media come too slowly',
    {
      seed: 0,
      settings: { ...SETTINGS, delayMs: 1_000 },
      steps: [
        { afterMs: 2_000, fault: faultOf(storeFails, { mode: 'down', forMs: 9_000 }) },
        { afterMs: 11_707, fault: faultOf(diskFails, { what: 'deleted', forMs: 300 }) },
      ],
    },
  ],
  [
    'an FFmpeg that hangs is ended without what it wrote',
    {
      seed: 0,
      settings: { ...SETTINGS, delayMs: 1_000 },
      steps: [
        { afterMs: 7_553, fault: faultOf(storeFails, { mode: 'dead', forMs: 9_000 }) },
        { afterMs: 2_991, fault: faultOf(desiredEdited, {}) },
      ],
    },
  ],
  [
    'a reservoir that is stopped while its gate holds the lock is seen',
    {
      seed: 331_848_102,
      settings: SETTINGS,
      steps: [
        {
          afterMs: 20_500,
          fault: faultOf(runHarmed, { victim: 'holder reservoir', signal: 'SIGSTOP', goesOnMs: null }),
        },
      ],
    },
  ],
  [
    'a gate that is stopped while it holds the lock is seen',
    {
      seed: 331_848_102,
      settings: SETTINGS,
      steps: [
        { afterMs: 20_500, fault: faultOf(runHarmed, { victim: 'holder gate', signal: 'SIGSTOP', goesOnMs: null }) },
      ],
    },
  ],
];

describe('what the simulation has found', { timeout: 120_000 }, () => {
  it.each(FOUND)('%s', async (_guards, scenario) => {
    const { judge } = await play(scenario);
    expect(judge.passes).toBeGreaterThanOrEqual(20);
  });
});
