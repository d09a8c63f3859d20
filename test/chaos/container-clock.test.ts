import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorkspace } from '../fixtures/workspace.ts';
import type { ContainerClockResult } from './container-clock-scene.ts';
import { recordFault } from './fault-table.ts';
import { describeView, seconds } from './ingest-view.ts';
import { canPrepare, playIn } from './namespaces.ts';

const SCENE = join(import.meta.dirname, 'container-clock-scene.ts');
const inPlaceOf = (file: string): string => `echo 1 1 > '${file}' && mount --bind '${file}' /proc/uptime`;
const workspace = makeWorkspace();
const file = join(workspace.dir, 'uptime');
const able = await canPrepare('mount', inPlaceOf(file));

test.skipIf(!able)(
  'p: where /proc/uptime is the age of a container, hung uplinks are left and running ones adopted all the same',
  { timeout: 300_000 },
  async ({ onTestFinished }) => {
    onTestFinished(() => workspace.cleanup());
    const scene = await playIn<ContainerClockResult>('mount', inPlaceOf(file), SCENE, 280_000);
    const { leftMs, sinceAgoMs, startedAgoMs, adopted, view } = scene;
    recordFault({
      row: 'p',
      fault: '/proc/uptime is another clock than the start times of processes (LXC)',
      promised: 'hung uplinks are left, running ones adopted, as anywhere',
      measured: `an ingest that hangs is left after ${seconds(leftMs)}; daemon killed: same PIDs`,
      ingest: describeView(view),
    });
    // Left to itself, FFmpeg gives such a connection up after 21 s at the earliest.
    expect(leftMs).toBeLessThan(20_000);
    expect(sinceAgoMs).toBeGreaterThan(4_000);
    expect(sinceAgoMs).toBeLessThan(startedAgoMs + 1_000);
    expect(adopted).toBe(true);
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
  },
);
