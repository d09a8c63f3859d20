import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { STAGE_SIZE } from '../fixtures/stage-media.ts';
import { arrivalGaps, mediaGaps } from '../fixtures/stream-analysis.ts';
import { inStudio } from './in-studio.ts';
import { colourArrives, currentSession, firstPicture, programmeColours, type Studio, videoAdvances } from './studio.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
const text = (media: string): string => `running: true\nmedia: ${media}\nbitrate: 800k\nresolution: ${STAGE_SIZE}\n`;

async function onAir(studio: Studio): Promise<Daemon> {
  for (const color of ['red', 'blue']) await studio.upload(`${color}.mp4`, { color, seconds: 60 });
  writeFileSync(studio.desiredPath, text('red.mp4'));
  const daemon = await studio.start();
  await firstPicture(studio.sink);
  await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });
  return daemon;
}

/** Without giving up the turn: on a busy machine another test's work would make the pause longer than the daemon waits. */
const pause = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** The ways people and programs have of changing a file. */
const EDITS: Readonly<Record<string, (studio: Studio, wished: string, media: string) => unknown>> = {
  'sed -i': ({ desiredPath: path }, _wished, media) => runToolOk('sed', ['-i', `s#^media:.*#media: ${media}#`, path]),
  'an editor that renames a new file into place': async ({ desiredPath: path }, wished) => {
    renameSync(path, `${path}~`);
    writeFileSync(`${path}.new`, wished);
    renameSync(`${path}.new`, path);
  },
  // The first half is valid: another size, and so another session, if it were believed.
  'two halves, 100 ms apart': ({ desiredPath: path }, wished) => {
    const [first = '', second = ''] = wished.split(/(?=resolution)/);
    writeFileSync(path, first);
    pause(100);
    writeFileSync(path, second, { flag: 'a' });
  },
  'two writes within 50 ms': ({ desiredPath: path }, wished) => {
    writeFileSync(path, text('nowhere.mp4'));
    pause(40);
    writeFileSync(path, wished);
  },
  'git checkout of a commit': async ({ dir, configDir, desiredPath: path }, wished, media) => {
    const git = (...args: string[]) =>
      runToolOk('git', ['-C', configDir, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args]);
    const before = readFileSync(path, 'utf8');
    await git('init', '--quiet', '--initial-branch=before');
    await git('add', 'desired.yaml');
    await git('commit', '--quiet', '-m', 'before');
    // The commit is made elsewhere, so that only the checkout touches the file.
    const tree = join(dir, 'tree');
    await git('worktree', 'add', '--quiet', '-b', 'after', tree);
    writeFileSync(join(tree, 'desired.yaml'), wished);
    await runToolOk('git', ['-C', tree, '-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-qam', media]);
    await git('worktree', 'remove', tree);
    expect(readFileSync(path, 'utf8')).toBe(before);
    await git('checkout', '--quiet', 'after');
  },
  'a symbolic link swapped': async ({ dir, desiredPath: path }, wished) => {
    writeFileSync(join(dir, 'elsewhere.yaml'), wished);
    symlinkSync(join(dir, 'elsewhere.yaml'), `${path}.link`);
    renameSync(`${path}.link`, path);
  },
};

inStudio.concurrent(
  'every way of editing the file ends in the last wish, within the session',
  { timeout: 240_000 },
  async ({ studio }) => {
    const daemon = await onAir(studio);
    let media = 'red.mp4';
    const seen = ['red'];
    for (const [name, edit] of Object.entries(EDITS)) {
      media = media === 'red.mp4' ? 'blue.mp4' : 'red.mp4';
      const wished = text(media);
      await edit(studio, wished, media);
      await healthEventually(
        daemon,
        ({ status, desired, applied }) =>
          status === 'live' && desired.hash === hashOf(wished) && applied.hash === hashOf(wished),
        { what: `${name} to be applied` },
      );
      await colourArrives(studio.sink, media === 'red.mp4' ? 'red' : 'blue');
      seen.push(media === 'red.mp4' ? 'red' : 'blue');
    }
    expect(studio.sink.sessions).toHaveLength(1);
    const session = currentSession(studio.sink);
    expect((await programmeColours(session)).join(', ')).toBe(seen.join(', '));
    expect(mediaGaps(session, 'video', 300)).toEqual([]);
  },
);

inStudio.concurrent(
  'a broken or missing file changes nothing on air, and /health says where and both hashes',
  async ({ studio }) => {
    const daemon = await onAir(studio);
    const session = currentSession(studio.sink);
    const before = await daemon.health();
    const good = hashOf(text('red.mp4'));
    expect(before.applied.hash).toBe(good);

    const broken = `running: true\nmedia: blue.mp4\nbitrat: 800k\n`;
    writeFileSync(studio.desiredPath, broken);
    const invalid = await healthEventually(daemon, ({ reason }) => reason === 'DesiredInvalid', {
      what: 'the refusal',
    });
    expect(invalid).toMatchObject({
      status: 'degraded',
      desired: { hash: hashOf(broken), file: 'invalid' },
      applied: { hash: good },
    });
    expect(invalid.desired.error).toMatch(/^desired\.yaml:3:1: .*did you mean bitrate/m);
    expect((await daemon.rawHealth()).status).toBe(200);

    const conflict = `<<<<<<< HEAD\nrunning: true\n=======\nrunning: false\n>>>>>>> other\nmedia: blue.mp4\n`;
    writeFileSync(studio.desiredPath, conflict);
    await healthEventually(daemon, ({ desired }) => desired.hash === hashOf(conflict), { what: 'the conflict' });
    await videoAdvances(session, 1500);
    expect((await daemon.health()).desired).toMatchObject({ file: 'invalid' });

    writeFileSync(studio.desiredPath, '');
    await healthEventually(daemon, ({ desired }) => desired.hash === hashOf(''), { what: 'the empty file' });

    rmSync(studio.desiredPath);
    const missing = await healthEventually(daemon, ({ reason }) => reason === 'DesiredMissing', {
      what: 'the absence',
    });
    expect(missing).toMatchObject({
      status: 'degraded',
      desired: { hash: null, file: 'missing' },
      applied: { hash: good },
    });
    await videoAdvances(session, 1500);

    const after = await daemon.health();
    expect(after.uplink?.pid).toBe(before.uplink?.pid);
    expect(after.playout?.pid).toBe(before.playout?.pid);
    expect(arrivalGaps(session, MACHINE_PAUSE_MS)).toEqual([]);
    expect(await programmeColours(session)).toEqual(['red']);

    writeFileSync(studio.desiredPath, text('blue.mp4'));
    const fixed = await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live again' });
    expect(fixed).toMatchObject({ desired: { file: 'ok', error: null } });
    await colourArrives(studio.sink, 'blue');
    expect(studio.sink.sessions).toHaveLength(1);
  },
);

inStudio.concurrent('a daemon that finds a broken file goes on with the last good one', async ({ studio }) => {
  const daemon = await onAir(studio);
  daemon.kill('SIGTERM');
  await daemon.exited;
  const broken = 'running: maybe\n';
  writeFileSync(studio.desiredPath, broken);
  const next = await studio.start();
  await firstPicture(studio.sink, 1);
  await colourArrives(studio.sink, 'red');
  const report = await healthEventually(next, ({ status }) => status === 'degraded', { what: 'degraded' });
  expect(report).toMatchObject({ reason: 'DesiredInvalid', desired: { hash: hashOf(broken), file: 'invalid' } });
});
