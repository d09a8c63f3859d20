import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';
import { arrivalGaps, mediaGaps } from '../fixtures/stream-analysis.ts';
import { repositoryRoot } from '../tooling/repository.ts';
import { inStudio } from './in-studio.ts';
import { currentSession, firstPicture, videoAdvances } from './studio.ts';

/**
 * The sources of the last commit before src/ was moved into rooms (bdd24ce): what runs on people's servers until they
 * upgrade. A file, since a shallow clone has no history: `git archive --format=tar bdd24ce src package.json desired.schema.json`.
 */
const OLD_VERSION = join(import.meta.dirname, 'before-the-move.tar.gz');

/** Unpacks it, beside the packages of today; answers with its program. */
function unpackOldVersion(directory: string): string {
  mkdirSync(directory);
  execFileSync('tar', ['-xzf', OLD_VERSION, '-C', directory]);
  symlinkSync(join(repositoryRoot, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'src/cli/streamctl.ts');
}

for (const { form, item, tags } of [
  { form: 'copied', item: { color: 'red', seconds: 60 }, tags: [] },
  // What is compared is the hash of a playout; running-streams.test.ts pins its digits for each form.
  { form: 'encoded', item: { color: 'red', seconds: 60, size: '320x240' }, tags: ['long'] },
]) {
  inStudio.concurrent(
    `an upgrade from the version before this one is not to be seen: an item that is ${form}`,
    { tags },
    async ({ studio }) => {
      const entry = unpackOldVersion(join(studio.configDir, 'old-version'));
      await studio.upload('red.mp4', item);
      studio.wish({ media: 'red.mp4' });
      const old = await studio.start({}, entry);
      await firstPicture(studio.sink);
      const isLive = { what: 'live' };
      const before = await healthEventually(
        old,
        ({ status, playout }) => status === 'live' && playout !== null,
        isLive,
      );
      const session = currentSession(studio.sink);
      await videoAdvances(session, 3000);

      old.kill('SIGHUP');
      expect(await old.exited).toEqual({ code: 75, signal: null });
      const next = await studio.start();
      const after = await healthEventually(
        next,
        ({ status, playout }) => status === 'live' && playout !== null,
        isLive,
      );
      expect(after.version).not.toBe('');
      expect(after.uplink?.pid).toBe(before.uplink?.pid);
      expect(after.playout?.pid).toBe(before.playout?.pid);
      expect(after.restarts.count).toBe(0);

      await videoAdvances(session, 5000);
      expect((await next.health()).playout?.pid).toBe(before.playout?.pid);
      expect(studio.sink.sessions).toHaveLength(1);
      expect(arrivalGaps(session, MACHINE_PAUSE_MS)).toEqual([]);
      expect(mediaGaps(session, 'video', 100)).toEqual([]);
      expect(mediaGaps(session, 'audio', 150)).toEqual([]);
    },
  );
}
