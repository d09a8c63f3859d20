import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import { currentSession, goOnAir, itemOnAir, liveOn, type Stage, videoAdvances } from '../../chaos/stage.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { looks, stretches } from '../../fixtures/recording.ts';
import { stageMedia } from '../../fixtures/stage-media.ts';
import { recordMedia } from './media-table.ts';

const OBJECTS = 10_000;
/** Clock ticks a second in `/proc`. */
const TICK_MS = 10;
const QUIET_MS = 12_000;

/** CPU time a process has used, its children not counted. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const memoryMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1024;

/** The items in the order in which `/health` said they were on air, until this many changes. */
async function played(daemon: Daemon, count: number): Promise<string[]> {
  const items: string[] = [];
  await eventually(
    async () => {
      const { playout } = await daemon.health();
      if (playout?.item !== undefined && playout.item !== null && playout.item !== items.at(-1))
        items.push(playout.item);
      if (items.length < count) throw new Error(`so far ${items.join(', ')}`);
    },
    { timeoutMs: count * 10_000 + 45_000, everyMs: 100, what: `${count} items` },
  );
  return items;
}

async function uploadMany(stage: Stage): Promise<void> {
  const file = await stageMedia({ seconds: 4, pattern: 'testsrc2' });
  for (let nth = 1; nth <= OBJECTS; nth++) stage.store.putFile('media', `shows/${nth}.mp4`, file);
}

for (const order of ['listed', 'shuffled'] as const) {
  onStage.concurrent(
    `a prefix of ten thousand objects is played, ${order}, for next to no CPU`,
    { timeout: 300_000, tags: order === 'listed' ? [] : ['long'] },
    async ({ stage }) => {
      await uploadMany(stage);
      stage.wish({ media: 'shows/', order });
      const { daemon } = await goOnAir(stage);
      await liveOn(daemon);
      const items = await played(daemon, 4);
      if (order === 'listed') expect(items).toEqual([1, 2, 3, 4].map((nth) => `shows/${nth}.mp4`));
      else expect(new Set(items).size).toBe(4);
      const before = { cpuMs: cpuMs(daemon.pid), atMs: performance.now() };
      await videoAdvances(stage.sink, QUIET_MS);
      const share = (cpuMs(daemon.pid) - before.cpuMs) / (performance.now() - before.atMs);
      await recordMedia([
        {
          section: 'size',
          order: order === 'listed' ? 1 : 2,
          cells: [
            `CPU and memory of the daemon, order ${order}, items of 4 s`,
            `${(share * 100).toFixed(1)} % of a core, ${memoryMb(daemon.pid).toFixed(0)} MB`,
          ],
        },
      ]);
      expect(share).toBeLessThan(0.3);
      expect(stage.sink.sessions).toHaveLength(1);
    },
  );
}

onStage.concurrent(
  'objects that come are played at their turn, and those that go are not, without a restart',
  { timeout: 300_000 },
  async ({ stage }) => {
    // Long enough that also a busy machine has time to look at what comes just before its turn.
    await stage.upload('shows/2.mp4', { color: 'red', seconds: 10 });
    await stage.upload('shows/10.mp4', { color: 'blue', seconds: 10 });
    stage.wish({ media: 'shows/' });
    const { daemon, uplinkPid } = await goOnAir(stage);
    await itemOnAir(daemon, 'shows/2.mp4');
    await stage.upload('shows/11.mp4', { color: 'lime', seconds: 10 });
    await itemOnAir(daemon, 'shows/11.mp4', 0, 100_000);
    stage.store.remove('media', 'shows/10.mp4');
    await eventually(
      async () => {
        const seen = stretches(await looks(currentSession(stage.sink).file ?? '')).map(({ colour }) => colour);
        // Behind the new one the list begins again, once without the one that went. The slate may only be first.
        expect(seen.join(' ')).toMatch(/^(?:black )?(?:red blue )+red blue lime (?:red blue lime )*red lime/);
      },
      { timeoutMs: 120_000, everyMs: 5_000, what: 'a round without the object that went' },
    );
    expect((await daemon.health()).uplink?.pid).toBe(uplinkPid);
    expect(stage.sink.sessions).toHaveLength(1);
  },
);

onStage.concurrent(
  'a shuffled list goes on in the same order after a restart of the daemon',
  { timeout: 300_000 },
  async ({ stage }) => {
    const keys = Array.from({ length: 6 }, (_, nth) => `item ${nth}.mp4`);
    // No item is over while there is no daemon to ask, on a busy machine neither.
    const file = await stageMedia({ seconds: 8, pattern: 'testsrc2' });
    for (const key of keys) stage.store.putFile('media', key, file);
    stage.wish({ media: JSON.stringify(keys), order: 'shuffled' });
    const { daemon } = await goOnAir(stage);
    const first = await played(daemon, 3);
    daemon.kill('SIGKILL');
    await daemon.exited;
    const next = await stage.start();
    await healthEventually(next, ({ playout }) => playout !== null, { what: 'the next daemon' });
    const rest = await played(next, 5);
    const together = [...first, ...rest].filter((item, i, all) => item !== all[i - 1]);
    // A whole round, each item once, though the daemon died in its middle.
    expect(new Set(together.slice(0, 6))).toEqual(new Set(keys));
    const state = JSON.parse(readFileSync(join(stage.stateDir, 'stream_state.json'), 'utf8')) as {
      readonly tallies: { readonly cursor: { readonly key: string } };
    };
    expect(keys).toContain(state.tallies.cursor.key);
  },
);
