import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withRoom } from '../fixtures/room.ts';
import { runTool, runToolOk } from '../fixtures/run-tool.ts';
import type { BlackHoleResult } from './black-hole-scene.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds } from './ingest-view.ts';

const SCENE = join(import.meta.dirname, 'black-hole-scene.ts');
/** A network of its own, which is gone with the last process in it. */
const namespace = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];

/** Whether this machine lets us make a network namespace and drop packets in it. */
async function canDropPackets(): Promise<boolean> {
  const script = 'ip link set lo up && nft add table inet chaos';
  const result = await runTool('unshare', [...namespace, 'sh', '-c', script]).catch(() => null);
  return result?.code === 0;
}

const able = await canDropPackets();

test.skipIf(!able)(
  'h: an ingest behind a black hole is seen by unacknowledged bytes, and left',
  { timeout: 300_000 },
  async () => {
    const script = 'ip link set lo up && exec "$@"';
    const { stdout } = await runToolOk(
      'unshare',
      [...namespace, 'sh', '-c', script, 'scene', process.execPath, SCENE],
      { timeoutMs: 280_000 },
    );
    const last = stdout.toString().trim().split('\n').at(-1) ?? '';
    const { toldMs, mostUnackedMs, replacedMs, pictureMs, view } = JSON.parse(last) as BlackHoleResult;
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
