import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordFault } from './fault-table.ts';
import { describeView, seconds } from './ingest-view.ts';
import { canPrepare, playIn } from './namespaces.ts';
import type { ThinLineResult } from './thin-line-scene.ts';

const SCENE = join(import.meta.dirname, 'thin-line-scene.ts');
const able = await canPrepare('net', 'tc qdisc add dev lo root handle 1: htb default 10');

test.skipIf(!able)(
  'h: a line that takes less than the stream has is told, and left once viewers watch the past and it is wide again',
  { timeout: 300_000 },
  async () => {
    const { said, leastPace, arrivedPerSecond, renewedMs, liveMs, view } = await playIn<ThinLineResult>(
      'net',
      'true',
      SCENE,
      290_000,
    );
    const told = said.find(({ reason }) => reason === 'UplinkTooThin');
    recordFault({
      row: 'h',
      fault: 'line to the ingest takes 650 of 1,650 kbit/s for 65 s',
      promised:
        'degraded, UplinkTooThin ≤ 45 s, uplink.pace in /health; once it is wide again, a session at the present',
      measured: `UplinkTooThin after ${seconds(told?.afterMs ?? Infinity)}, uplink.pace down to ${leastPace ?? 'unknown'} (arrived: ${arrivedPerSecond.toFixed(2)}); once it is wide another session after ${seconds(renewedMs)}, live after ${seconds(liveMs)}`,
      ingest: describeView({ ...view, pictureMs: null }),
    });
    expect(told?.status).toBe('degraded');
    expect(told?.afterMs).toBeLessThan(45_000);
    expect(leastPace).toBeLessThan(arrivedPerSecond + 0.15);
    expect(leastPace).toBeGreaterThan(arrivedPerSecond - 0.15);
    // While it is thin the word stays.
    expect(said.filter(({ reason }) => reason === 'UplinkTooThin')).toHaveLength(1);
    expect(view).toMatchObject({ sessions: 2, publishers: 1 });
  },
);
