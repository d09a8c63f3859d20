import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorCode } from '../../src/system/errors.ts';
import { healthEventually } from '../fixtures/daemon.ts';
import { ACCESS_KEY, firstPicture, openStudio, SECRET_KEY, type Studio } from './studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await openStudio();
});

afterEach(() => studio.close());

/** Of this test alone: tests beside it start an uplink by hand, with their key in its command line. */
const STREAM_KEY = 'secr-etof-this-test-only';

/** What nobody may find where all can look. The signature's parameter tells a signed URL. */
const FORBIDDEN = {
  key: new RegExp(STREAM_KEY),
  secret: new RegExp(SECRET_KEY),
  signature: /X-Amz-Signature=[0-9a-f]/i,
  credential: /X-Amz-Credential=[A-Z0-9]/i,
};

interface Watch {
  readonly found: Set<string>;
  readonly looks: number;
  stop(): void;
}

/** Reads the command line of every process that begins from now on, again and again; other stores' addresses are their own affair. */
function watchCommandLines(storePort: number): Watch {
  const found = new Set<string>();
  const before = new Set(pids());
  let looks = 0;
  const look = (): void => {
    looks += 1;
    for (const pid of pids().filter((each) => !before.has(each))) {
      const text = read(`/proc/${pid}/cmdline`);
      for (const [name, secret] of Object.entries(FORBIDDEN))
        if (secret.test(text) && (!secret.source.startsWith('X-Amz') || text.includes(`:${storePort}/`)))
          found.add(`${name}: ${text.replaceAll('\0', ' ').slice(0, 300)}`);
    }
  };
  const timer = setInterval(look, 5);
  return {
    found,
    get looks() {
      return looks;
    },
    stop: () => clearInterval(timer),
  };
}

test('no secret is seen in command lines, logs, /health, state files or environments, at any level of logging', async () => {
  const watch = watchCommandLines(studio.store.port);
  try {
    await studio.upload('red.mp4', { color: 'red', seconds: 30 });
    await studio.upload('blue.mp4', { color: 'blue', seconds: 30, size: '320x240' });
    studio.wish({ media: 'red.mp4' });
    const daemon = await studio.start({ LOG_LEVEL: 'trace', YOUTUBE_STREAM_KEY: STREAM_KEY });
    const answers: string[] = [];
    const live = async (item: string): Promise<void> => {
      await healthEventually(daemon, ({ status, playout }) => status === 'live' && playout?.item === item, {
        what: `${item} to be on air`,
      });
      answers.push((await daemon.rawHealth()).text);
    };
    await firstPicture(studio.sink);
    await live('red.mp4');
    // Another item, encoded; then trouble, which makes FFmpeg and the store talk.
    studio.wish({ media: 'blue.mp4' });
    await live('blue.mp4');
    studio.wish({ media: '[missing.mp4]' });
    await healthEventually(daemon, ({ reason }) => reason === 'MediaNotFound', { what: 'the absence to be told' });
    answers.push((await daemon.rawHealth()).text);
    studio.wish({ media: 'red.mp4' });
    await live('red.mp4');
    const environments = daemon.runs().map((pid) => ({ pid, text: read(`/proc/${pid}/environ`) }));
    expect(environments.length).toBeGreaterThanOrEqual(3);
    for (const { text } of environments) {
      for (const secret of [STREAM_KEY, SECRET_KEY, ACCESS_KEY]) expect(text).not.toContain(secret);
      const names = text.split('\0').map((entry) => entry.split('=')[0] ?? '');
      expect(names.filter((name) => /STORAGE|YOUTUBE/.test(name))).toEqual([]);
    }
    expectPrivateState(studio.stateDir);
    await studio.store.down();
    await studio.sink.setMode('rejectPublish');
    studio.sink.dropAll();
    await healthEventually(daemon, ({ restarts }) => restarts.count > 0, { what: 'the uplink to fail' });
    answers.push((await daemon.rawHealth()).text);
    await studio.sink.setMode('accept');
    await firstPicture(studio.sink, 1);

    for (const text of [...answers, daemon.logLines.join('\n'), daemon.stderr])
      for (const secret of Object.values(FORBIDDEN)) expect(text).not.toMatch(secret);
    for (const answer of answers) expect(answer).not.toContain(studio.dir);
    expect(daemon.logLines.length).toBeGreaterThan(10);
    for (const line of daemon.logLines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expectPrivateState(studio.stateDir);
  } finally {
    watch.stop();
  }
  expect(watch.looks).toBeGreaterThan(50);
  expect([...watch.found]).toEqual([]);
});

/** Everything is this user's alone, and not even there is a secret kept. */
function expectPrivateState(stateDir: string): void {
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  for (const entry of readdirSync(stateDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // The daemon lives, and replaces files meanwhile.
    const { mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mode === undefined) continue;
    expect({ name: entry.name, mode: (mode & 0o077).toString(8) }).toEqual({ name: entry.name, mode: '0' });
    if (!entry.isFile()) continue;
    const text = read(path);
    for (const [name, secret] of Object.entries(FORBIDDEN)) {
      expect({ file: entry.name, [name]: secret.test(text) }).toEqual({ file: entry.name, [name]: false });
    }
  }
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Nothing, where the file or the process is gone since it was listed. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error))) return '';
    throw error;
  }
}
