import { createHash } from 'node:crypto';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds, viewSince } from './ingest-view.ts';
import { goOnAir, itemOnAir, liveOn, openStage, videoAdvances } from './stage.ts';

/** Each makes of the last good text what is then on disk; null = no file. */
const wrecks = [
  { fault: 'desired.yaml broken', wreck: (): string => 'running: true\nmedia: [red.mp4\nbitrate: 800k\n' },
  { fault: 'desired.yaml with an unknown key', wreck: (good: string): string => `${good}bitrrate: 900k\n` },
  {
    fault: 'desired.yaml conflicted',
    wreck: (good: string): string => `<<<<<<< HEAD\n${good}=======\nmedia: blue.mp4\n>>>>>>> other\n`,
  },
  { fault: 'desired.yaml half written', wreck: (good: string): string => good.slice(0, good.indexOf('media') + 3) },
  { fault: 'desired.yaml empty', wreck: (): string => '' },
  { fault: 'desired.yaml deleted', wreck: (): null => null },
] as const;

test(
  'l: a broken, conflicted, half-written or deleted desired.yaml changes nothing on air',
  { timeout: 300_000 },
  async () => {
    const stage = await openStage();
    try {
      await stage.upload('red.mp4', { color: 'red', seconds: 60 });
      stage.wish({ media: 'red.mp4' });
      const { daemon, uplinkPid, playoutPid } = await goOnAir(stage);
      await videoAdvances(stage.sink, 2000);
      const good = readFileSync(stage.desiredPath, 'utf8');
      const appliedHash = createHash('sha256').update(good).digest('hex').slice(0, 12);
      for (const { fault, wreck } of wrecks) {
        const atMs = performance.now();
        const text = wreck(good);
        if (text === null) unlinkSync(stage.desiredPath);
        else writeFileSync(stage.desiredPath, text);
        const reason = text === null ? 'DesiredMissing' : 'DesiredInvalid';
        const report = await healthEventually(
          daemon,
          ({ reason: why, status }) => status === 'degraded' && why === reason,
          {
            what: `${fault}: ${reason}`,
          },
        );
        const toldMs = performance.now() - atMs;
        await videoAdvances(stage.sink, 1500);
        writeFileSync(stage.desiredPath, good);
        const healed = await liveOn(daemon);
        const view = viewSince(stage.sink, atMs);
        recordFault({
          row: 'l',
          fault,
          promised: 'nothing on air changes; degraded, line and column, both hashes',
          measured: `degraded after ${seconds(toldMs)}: ${report.desired.error?.split('\n')[0] ?? 'no error'}`,
          ingest: describeView(view),
        });
        expect(report.applied.hash, fault).toBe(appliedHash);
        expect(report.desired.hash, fault).not.toBe(appliedHash);
        if (text !== null) expect(report.desired.error, fault).toMatch(/^desired\.yaml:\d+:\d+: /);
        expect([healed.uplink?.pid, healed.playout?.pid], fault).toEqual([uplinkPid, playoutPid]);
        expect(view, fault).toMatchObject({ sessions: 1, publishers: 1 });
        expect(view.offAirMs, fault).toBeLessThan(MACHINE_PAUSE_MS);
      }
      await stage.upload('blue.mp4', { color: 'blue', seconds: 60, sineHz: 880 });
      stage.wish({ media: 'blue.mp4' });
      await itemOnAir(daemon, 'blue.mp4');
    } finally {
      await stage.close();
    }
  },
);
