import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FORMAT } from '../../src/observe/probe/cache.ts';
import { entryPath, type Outcome, streamctl } from '../cli/streamctl.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { NODE_CACHE } from '../fixtures/node-cache.ts';
import { colourNameAt } from '../fixtures/picture.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { type S3Server, startS3Server } from '../fixtures/s3-server.ts';
import {
  isAlive,
  makeWorkspace,
  type ProcessEntry,
  processTree,
  signalPid,
  type Workspace,
} from '../fixtures/workspace.ts';

const WISH = 'running: true\nmedia: shows/\nbitrate: 800k\nresolution: 640x360\n';
/** What runs at the lowest priority takes as long as everybody else lets it. */
const PATIENCE_MS = 100_000;
const SECRET = 'very-secret-access-key-0123456789';

let workspace: Workspace;
let store: S3Server;
let env: Record<string, string>;
let workDir: string;

beforeEach(async () => {
  workspace = makeWorkspace();
  store = await startS3Server({ secretAccessKey: SECRET });
  writeFileSync(join(workspace.dir, 'desired.yaml'), WISH);
  workDir = join(workspace.dir, 'state/prepare');
  env = {
    STREAM_CONFIG_DIR: workspace.dir,
    STORAGE_ENDPOINT: store.url,
    STORAGE_BUCKET: 'media',
    STORAGE_ACCESS_KEY_ID: store.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: SECRET,
  };
});
afterEach(async () => {
  await store.stop();
  await workspace.cleanup();
});

const ctl = (...args: string[]): Promise<Outcome> =>
  streamctl(args, { env, cwd: workspace.dir, timeoutMs: PATIENCE_MS });
const SMALL = { name: 'prepare', size: '320x240', fps: 25, bitrateKbps: 300, pattern: 'testsrc2' } as const;
const putMisfit = async (key: string, seconds = 2, times = 1): Promise<void> =>
  store.putFile('media', key, await makeMedia({ ...SMALL, seconds, times }));
const left = (): string[] => readdirSync(workDir);

/** `media prepare` under way; ended by force should the test fail. */
class Call {
  readonly child: ChildProcess;
  #text = '';
  readonly ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [entryPath, ...args], {
      cwd: workspace.dir,
      env: { PATH: process.env['PATH'] ?? '', ...NODE_CACHE, ...env },
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text) => (this.#text += String(text)));
    this.ended = new Promise((resolve) => {
      this.child.once('close', resolve);
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until FFmpeg encodes. */
  encoding(): Promise<ProcessEntry> {
    return eventually(
      () => {
        const found = processTree(this.child.pid ?? 0).find(({ command }) => /^\S*ffmpeg .*\.part/.test(command));
        if (found === undefined) throw new Error(`no FFmpeg yet: ${this.#text}`);
        return found;
      },
      { timeoutMs: 60_000, everyMs: 10, what: 'FFmpeg to encode' },
    );
  }
}

describe('streamctl media inspect', { timeout: 3 * PATIENCE_MS }, () => {
  test('tells streams, verdict, every reason, the measured cost and what to do', async () => {
    await putMisfit("it's odd.mp4", 5);
    const { code, stdout, stderr } = await ctl('media', 'inspect', "it's odd.mp4");
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^ {2}video +h264 High, 320x240, 25 fps, yuv420p, progressive, .*key frames up to 2 s apart/m,
    );
    expect(stdout).toMatch(/^ {2}sound +aac LC, 44100 Hz, 2 channels$/m);
    expect(stdout).toMatch(/^ {2}wished +640x360, 30 fps, at most 800 kbit\/s, encode: auto \(desired.yaml\)$/m);
    expect(stdout).toMatch(
      /^ {2}verdict +transcode\n {2}because +size 320x240, wished 640x360\n +frame rate 25, wished 30$/m,
    );
    expect(stdout).toMatch(/^ {2}cost +about \d\.\d+ of a core while on air \(5(\.\d+)? s of it were encoded here/m);
    expect(stdout).toContain(String.raw`to do      streamctl media prepare 'it'\''s odd.mp4'`);
    const json = JSON.parse((await ctl('media', 'inspect', "it's odd.mp4", '--json')).stdout) as {
      readonly cost: { readonly cores: number };
    };
    expect(json).toMatchObject({ verdict: { mode: 'transcode' }, cost: { kind: 'measured' } });
    // Its tables are read in the store.
    expect(json).toMatchObject({ requests: { requests: expect.any(Number) } });
    expect(json.cost.cores).toBeGreaterThan(0.01);
    expect(json.cost.cores).toBeLessThan(2);
  });

  test('goes by the defaults without a desired.yaml, and says so', { tags: 'long' }, async () => {
    writeFileSync(join(workspace.dir, 'desired.yaml'), 'nonsense: true\n');
    store.putFile('media', 'house.mp4', await makeMedia({ name: 'prepare' }));
    const { code, stdout } = await ctl('media', 'inspect', 'house.mp4');
    expect(code).toBe(0);
    expect(stdout).toContain('verdict    copy');
    expect(stdout).toContain('to do      nothing');
    expect(stdout).toContain('(the defaults, since desired.yaml is refused; see streamctl validate)');
  });

  test('names what cannot be inspected in one line, exit 1', async () => {
    store.put('media', 'broken.mp4', Buffer.from('no media at all'));
    for (const [key, reason] of [
      ['broken.mp4', 'MediaUndecodable'],
      ['none.mp4', 'MediaNotFound'],
    ] as const) {
      const { code, stdout, stderr } = await ctl('media', 'inspect', key);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^streamctl: ${reason}: [^\\n]+\\n$`));
    }
  });
});

describe('streamctl media prepare', { timeout: 3 * PATIENCE_MS }, () => {
  test('encodes once, uploads beside the original, and what is there then is copied', async () => {
    await putMisfit('shows/a b.mkv');
    const original = await store.read('media', 'shows/a b.mkv');
    const { code, stdout, stderr } = await ctl('media', 'prepare', 'shows/a b.mkv');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(store.keys('media')).toEqual(['shows/a b.house.mp4', 'shows/a b.mkv']);
    expect(await store.read('media', 'shows/a b.mkv')).toEqual(original);
    expect(stdout).toMatch(/^needs about [\d.]+ kB in .*\/state\/prepare, where [\d.]+ [GT]B are free$/m);
    expect(stdout).toMatch(/^encoding +\d+ % /m);
    expect(stdout).toMatch(/^uploading +100 % /m);
    expect(stdout).toMatch(/^shows\/a b\.house\.mp4: [\d.]+ kB, verdict copy$/m);
    expect(stdout).toContain('media: shows/ plays it too from now on: take the original out of the prefix');
    expect(left()).toEqual([]);
    expect((await ctl('media', 'inspect', 'shows/a b.house.mp4')).stdout).toContain('verdict    copy');
    expect(await ctl('media', 'prepare', 'shows/a b.house.mp4')).toEqual({
      code: 0,
      stdout: 'shows/a b.house.mp4 fits as it is and is copied: nothing to prepare\n',
      stderr: '',
    });
  });

  test('copies a picture that fits, as on air, and encodes the sound alone; below TMPDIR where that is set', async () => {
    env = { ...env, TMPDIR: workspace.dir };
    const fits = { name: 'prepare', size: '640x360', bitrateKbps: 400, pattern: 'testsrc2', seconds: 2 } as const;
    const path = await makeMedia({ ...fits, sampleRateHz: 48_000 });
    store.putFile('media', 'a.mp4', path);
    const { code, stdout, stderr } = await ctl('media', 'prepare', 'a.mp4');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('its picture fits and is copied, only the sound is encoded');
    expect(stdout).toMatch(new RegExp(`in ${workspace.dir}/stream-controller-prepare-\\d+, where`));
    expect(stdout).toMatch(/^a\.house\.mp4: [\d.]+ kB, verdict copy$/m);
    const made = join(workspace.dir, 'made.mp4');
    writeFileSync(made, (await store.read('media', 'a.house.mp4')) ?? '');
    const pictures = async (file: string): Promise<string> =>
      (await runToolOk('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:v', '-f', 'md5', '-'])).stdout.toString();
    expect(await pictures(made)).toBe(await pictures(path));
  });

  test('overwrites only when told, and never the original', async () => {
    await putMisfit('a.mp4');
    store.put('media', 'b.mp4', Buffer.from('precious'));
    const refused = await ctl('media', 'prepare', 'a.mp4', '--to', 'b.mp4');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^streamctl: "b\.mp4" exists already and stays: [^\n]+\n$/);
    expect(await store.read('media', 'b.mp4')).toEqual(Buffer.from('precious'));
    expect((await ctl('media', 'prepare', 'a.mp4', '--to', 'b.mp4', '--force')).code).toBe(0);
    expect((await store.read('media', 'b.mp4'))?.length).toBeGreaterThan(10_000);
    expect((await ctl('media', 'prepare', 'a.mp4', '--to', 'a.mp4', '--force')).code).toBe(2);
  });

  test('encodes at the lowest priority, shows no secret in a command line, and leaves nothing when it is interrupted', async () => {
    await putMisfit('long.mp4', 6, 10);
    const call = new Call('media', 'prepare', 'long.mp4');
    const { pid } = await call.encoding();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 19, counted from the end of the name, which is field 2.
    expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]).toBe('19');
    const lines = processTree(call.child.pid ?? 0).map(({ command }) => command);
    expect(lines.join('\n')).not.toMatch(/X-Amz|very-secret/);
    const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environ).not.toContain(SECRET);
    call.child.kill('SIGINT');
    expect(await call.ended).toBe(1);
    expect(call.text).toContain('ended before it was encoded: nothing was uploaded, and nothing is left');
    expect(isAlive(pid)).toBe(false);
    expect(left()).toEqual([]);
    expect(store.keys('media')).toEqual(['long.mp4']);
  });

  test(
    'takes FFmpeg with it when it is killed, and what is left is swept by the next call',
    { tags: 'long' },
    async () => {
      await putMisfit('long.mp4', 6, 10);
      const call = new Call('media', 'prepare', 'long.mp4');
      const { pid } = await call.encoding();
      signalPid(call.child.pid ?? 0, 'SIGKILL');
      await call.ended;
      await eventually(() => {
        if (isAlive(pid)) throw new Error('FFmpeg lives');
      });
      await putMisfit('short.mp4');
      expect((await ctl('media', 'prepare', 'short.mp4')).code).toBe(0);
      expect(left()).toEqual([]);
    },
  );

  test('goes on with the upload of a finished file, as long as the original is the same', async () => {
    await putMisfit('a.mp4');
    store.fault = ({ method }) =>
      method === 'PUT' ? { kind: 'status', status: 403, code: 'AccessDenied' } : undefined;
    const failed = await ctl('media', 'prepare', 'a.mp4');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('streamctl: MediaForbidden: the store forbids writing "a.house.mp4"');
    expect(failed.stderr).toContain('streamctl media prepare a.mp4 goes on from it');
    expect({ keys: store.keys('media'), left: left().length }).toEqual({ keys: ['a.mp4'], left: 1 });
    store.fault = undefined;
    const again = await ctl('media', 'prepare', 'a.mp4');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('an earlier run finished encoding');
    expect(again.stdout).not.toMatch(/^encoding /m);
    expect({ keys: store.keys('media'), left: left() }).toEqual({ keys: ['a.house.mp4', 'a.mp4'], left: [] });
    await putMisfit('a.mp4', 3);
    const replaced = await ctl('media', 'prepare', 'a.mp4', '--force');
    expect(replaced.stdout).toMatch(/^encoding /m);
  });

  test(
    'takes an upload back that is interrupted, and keeps the finished file for the next call',
    { tags: 'long' },
    async () => {
      await putMisfit('a.mp4');
      store.fault = ({ method }) => (method === 'PUT' ? { kind: 'hang' } : undefined);
      const call = new Call('media', 'prepare', 'a.mp4', '--to', 'b.mp4');
      await eventually(
        () => {
          if (!store.requests.some(({ method }) => method === 'PUT')) throw new Error(`no upload yet: ${call.text}`);
        },
        { timeoutMs: PATIENCE_MS, what: 'the upload' },
      );
      call.child.kill('SIGTERM');
      expect(await call.ended).toBe(1);
      expect(call.text).toContain('ended before it was uploaded: nothing of it is in the store');
      expect(call.text).toContain('streamctl media prepare a.mp4 --to b.mp4 goes on from it');
      expect({ keys: store.keys('media'), unfinished: store.unfinishedUploads() }).toEqual({
        keys: ['a.mp4'],
        unfinished: 0,
      });
      expect(left()).toHaveLength(1);
    },
  );

  test('puts the visual under sound alone, in a directory as well as in a bucket', { tags: 'long' }, async () => {
    const media = join(workspace.dir, 'media');
    mkdirSync(media);
    writeFileSync(join(workspace.dir, 'desired.yaml'), `${WISH}visual: art/picture.png\n`);
    const song = await makeMedia({ name: 'prepare', pattern: 'none', container: 'mp3', audioCodec: 'mp3', seconds: 2 });
    const picture = await makeMedia({
      name: 'prepare',
      color: 'lime',
      container: 'png',
      videoCodec: 'png',
      audio: 'none',
    });
    mkdirSync(join(media, 'art'));
    writeFileSync(join(media, 'song.mp3'), readFileSync(song));
    writeFileSync(join(media, 'art/picture.png'), readFileSync(picture));
    store.putFile('media', 'song.mp3', song);
    store.putFile('media', 'art/picture.png', picture);

    expect((await ctl('media', 'prepare', 'song.mp3')).stderr).toBe('');
    const remote = join(workspace.dir, 'remote.mp4');
    writeFileSync(remote, (await store.read('media', 'song.house.mp4')) ?? '');
    env = { ...env, STORAGE_PROVIDER: 'local', STORAGE_LOCAL_DIR: media };
    expect((await ctl('media', 'prepare', 'song.mp3', '--to', 'house/song.mp4')).stderr).toBe('');
    expect(await colourNameAt(remote, 1)).toBe('lime');
    expect(await colourNameAt(join(media, 'house/song.mp4'), 1)).toBe('lime');
    expect(left()).toEqual([]);
    const outside = await ctl('media', 'prepare', 'song.mp3', '--to', '../song.mp4');
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining('MediaForbidden') });
  });

  test('does not begin what the disk cannot hold', async () => {
    await putMisfit('a.mp4');
    const { stdout } = await ctl('media', 'inspect', 'a.mp4', '--json');
    const facts = JSON.parse(stdout) as object;
    // As the daemon would remember an object of thirty years.
    mkdirSync(join(workspace.dir, 'state'), { mode: 0o700 });
    const items = [{ ...facts, durationS: 1_000_000_000 }];
    writeFileSync(join(workspace.dir, 'state/probes.json'), JSON.stringify({ format: FORMAT, items }));
    const { code, stderr } = await ctl('media', 'prepare', 'a.mp4');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^streamctl: needs about [\d.]+ TB in [^\n]+: make room, or set TMPDIR to a larger disk\n$/);
    expect(left()).toEqual([]);
  });
});
