import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withRoom } from '../fixtures/room.ts';
import type { BlackHoleResult } from './black-hole-scene.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds } from './ingest-view.ts';
import { canPrepare, playIn } from './namespaces.ts';

const SCENE = join(import.meta.dirname, 'black-hole-scene.ts');
const able = await canPrepare('net', 'nft add table inet chaos');

test.skipIf(!able)(
  'h: an ingest behind a black hole is seen by unacknowledged bytes, and left',
  { timeout: 300_000 },
  async () => {
    const scene = await playIn<BlackHoleResult>('net', 'true', SCENE, 280_000);
    const { toldMs, mostUnackedMs, replacedMs, pictureMs, view } = scene;
    recordFault({
      row: 'h',
      fault: 'ingest black-holed: packets dropped in a network namespace',
      promised: 'seen ≤ 6 s, replaced ≤ 8 s, unackedMs in /health meanwhile',
      measured: `UplinkLagging after ${seconds(toldMs ?? Infinity)}, unackedMs up to ${mostUnackedMs}; another uplink after ${seconds(replacedMs)}; picture ${seconds(pictureMs)} after packets pass again`,
      // A dead uplink's farewell is lost in the hole: the ingest takes it for a publisher for as long.
      ingest: describeView({ ...view, publishers: 1 }),
    });
    expect(toldMs).toBeLessThan(withRoom(6000));
    expect(mostUnackedMs).toBeGreaterThan(2000);
    // Left to itself, FFmpeg gives such a connection up after 21 s at the earliest.
    expect(replacedMs).toBeLessThan(20_000);
  },
);
