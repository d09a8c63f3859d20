import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually, startDaemon, type Daemon } from '../fixtures/daemon.ts';
import { arrivalGaps, mediaGaps } from '../fixtures/stream-analysis.ts';
import { repositoryRoot } from '../tooling/repository.ts';
import { currentSession, firstPicture, openStudio, type Studio, videoAdvances } from './studio.ts';

/** The last commit before src/ was moved into rooms: what runs on people's servers until they upgrade. */
const OLD_VERSION = 'bdd24ce';

let studio: Studio;
let old: Daemon | null = null;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(async () => {
  await old?.stop();
  await studio.close();
});

/** The sources of that commit, from this repository's history, beside the packages of today. */
function checkOut(commit: string, directory: string): string {
  mkdirSync(directory);
  const archive = execFileSync(
    'git',
    ['archive', '--format=tar', commit, 'src', 'package.json', 'desired.schema.json'],
    {
      cwd: repositoryRoot,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  execFileSync('tar', ['-x', '-C', directory], { input: archive });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'src/cli/streamctl.ts');
}

test.for([
  { form: 'copied', item: { color: 'red', seconds: 40 } },
  { form: 'encoded', item: { color: 'red', seconds: 40, size: '320x240' } },
] as const)(
  'an upgrade from the version before this one is not to be seen: an item that is $form',
  async ({ item }) => {
    const entry = checkOut(OLD_VERSION, join(studio.configDir, 'old-version'));
    await studio.upload('red.mp4', item);
    studio.wish({ media: 'red.mp4' });
    old = await startDaemon({ configDir: studio.configDir, env: studio.env, entry });
    await firstPicture(studio.sink);
    const isLive = { what: 'live' };
    const before = await healthEventually(old, ({ status, playout }) => status === 'live' && playout !== null, isLive);
    const session = currentSession(studio.sink);
    await videoAdvances(session, 3000);

    old.kill('SIGHUP');
    expect(await old.exited).toEqual({ code: 75, signal: null });
    const next = await studio.start();
    const after = await healthEventually(next, ({ status, playout }) => status === 'live' && playout !== null, isLive);
    expect(after.version).not.toBe('');
    expect(after.uplink?.pid).toBe(before.uplink?.pid);
    expect(after.playout?.pid).toBe(before.playout?.pid);
    expect(after.restarts.count).toBe(0);

    await videoAdvances(session, 5000);
    expect((await next.health()).playout?.pid).toBe(before.playout?.pid);
    expect(studio.sink.sessions).toHaveLength(1);
    expect(arrivalGaps(session, 1500)).toEqual([]);
    expect(mediaGaps(session, 'video', 100)).toEqual([]);
    expect(mediaGaps(session, 'audio', 150)).toEqual([]);
  },
);
