import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { onStage } from '../../chaos/on-stage.ts';
import {
  currentSession,
  goOnAir,
  itemOnAir,
  liveOn,
  newSession,
  type Stage,
  videoAdvances,
} from '../../chaos/stage.ts';
import { streamctl } from '../../cli/streamctl.ts';
import { type Daemon, healthEventually } from '../../fixtures/daemon.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeFile } from '../../fixtures/media-maker.ts';
import { looks, stretches } from '../../fixtures/recording.ts';
import { withRoom } from '../../fixtures/room.ts';
import { STAGE_SIZE } from '../../fixtures/stage-media.ts';
import { killMarked } from '../../fixtures/workspace.ts';

/** A film that is blue for its first 3 s and yellow from there on: the picture tells the position. */
async function uploadFilm(stage: Stage): Promise<void> {
  const film = await makeFile({
    name: 'film',
    container: 'mp4',
    args: [
      ...[
        '-f',
        'lavfi',
        '-t',
        '50',
        '-i',
        `color=c=blue:s=${STAGE_SIZE}:r=30,drawbox=enable='gte(t,3)':c=yellow:t=fill`,
      ],
      ...['-f', 'lavfi', '-t', '50', '-i', 'anullsrc=r=44100', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60'],
      ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-movflags', '+faststart'],
    ],
  });
  stage.store.putFile('media', 'film.mp4', film);
}

/** A short item, then the film, as far as its yellow part. */
async function filmOnAir(stage: Stage): Promise<Daemon> {
  await stage.upload('red.mp4', { color: 'red', seconds: 4 });
  await uploadFilm(stage);
  stage.wish({ media: '[red.mp4, film.mp4, red.mp4]' });
  const { daemon } = await goOnAir(stage);
  await healthEventually(daemon, ({ playout }) => playout?.item === 'film.mp4' && (playout.positionMs ?? 0) > 11_500, {
    what: '11.5 s of the film',
    timeoutMs: 60_000,
  });
  return daemon;
}

const coloursOf = async (stage: Stage): Promise<string[]> =>
  stretches(await looks(currentSession(stage.sink).file ?? '')).map(({ colour }) => colour);

onStage.concurrent(
  'after the machine has restarted the programme goes on in the item and at the place where it was',
  { timeout: 300_000 },
  async ({ stage }) => {
    const daemon = await filmOnAir(stage);
    const before = (await daemon.health()).playout?.positionMs ?? 0;
    daemon.kill('SIGKILL');
    await daemon.exited;
    await killMarked(`=${daemon.stateId}:`);
    await eventually(() => expect(stage.sink.publishers).toBe(0));
    // Another boot: its clock begins anew, and every time of the one before means nothing.
    const path = join(stage.stateDir, 'stream_state.json');
    const state = readFileSync(path, 'utf8').replace(
      /"bootId": "[^"]*"/,
      '"bootId": "00000000-0000-4000-8000-000000000000"',
    );
    writeFileSync(path, state.replace(/"(notBeforeMs|seenMs|countedUntilMs)": \d+(?:\.\d+)?/g, '"$1": 9999999999'));
    const next = await stage.start();
    await newSession(stage.sink, 1);
    const { playout } = await itemOnAir(next, 'film.mp4');
    expect(playout?.positionMs).toBeGreaterThan(before - 8_000);
    expect(playout?.positionMs).toBeLessThan(before + 15_000);
    await videoAdvances(stage.sink, 2000);
    expect(await coloursOf(stage)).toEqual(['yellow']);
  },
);

// In `npm test` the two faults come each for itself: test/chaos/processes.test.ts and test/chaos/storage.test.ts.
onStage.concurrent(
  'after the playout died and the store was away an item goes on where it was, not at its beginning',
  { timeout: 300_000, tags: 'long' },
  async ({ stage }) => {
    const daemon = await filmOnAir(stage);
    await stage.store.down();
    await killPlayout(daemon);
    await healthEventually(daemon, ({ playout, status }) => status === 'degraded' && playout?.item === null, {
      what: 'the slate',
      timeoutMs: 60_000,
    });
    await stage.store.up();
    const { playout } = await itemOnAir(daemon, 'film.mp4', 0, 60_000);
    expect(playout?.positionMs).toBeGreaterThan(7_500);
    await videoAdvances(stage.sink, 3000);
    expect((await coloursOf(stage)).at(-1)).toBe('yellow');
    expect(stage.sink.sessions).toHaveLength(1);
  },
);

async function killPlayout(daemon: Daemon): Promise<void> {
  const pid = (await daemon.health()).playout?.pid;
  if (typeof pid === 'number') process.kill(pid, 'SIGKILL');
}

onStage.concurrent(
  'status tells the item, the place in it, and what follows it when',
  { timeout: 300_000 },
  async ({ stage }) => {
    await stage.upload('red.mp4', { color: 'red', seconds: 30 });
    await stage.upload('blue.mp4', { color: 'blue', seconds: 60 });
    stage.wish({ media: '[red.mp4, blue.mp4]' });
    const { daemon } = await goOnAir(stage);
    await videoAdvances(stage.sink, 4000);
    const { playout, upcoming } = await liveOn(daemon);
    expect(upcoming?.item).toBe('blue.mp4');
    expect(Math.abs((upcoming?.inMs ?? 0) + (playout?.positionMs ?? 0) - 30_000)).toBeLessThan(100);
    const foretoldMs = Date.parse(upcoming?.at ?? '');
    const { stdout } = await streamctl(['status'], { env: { STREAM_CONTROLLER_PORT: String(daemon.port) } });
    expect(stdout).toMatch(/item +red\.mp4 {2}\(copied\)/);
    expect(stdout).toMatch(/position +0:\d\d \/ 0:30/);
    expect(stdout).toMatch(/next +blue\.mp4 {2}in [\d a-z]+, at \d\d:\d\d:\d\d UTC/);
    await itemOnAir(daemon, 'blue.mp4', 0, 80_000);
    expect(Math.abs(Date.now() - foretoldMs)).toBeLessThan(withRoom(1_000));
  },
);
