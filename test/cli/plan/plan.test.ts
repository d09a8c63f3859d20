import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HealthBody } from '../../../src/health/body.ts';
import { type HealthServer, serveHealth } from '../../../src/health/server.ts';
import { called, type Outcome, streamctl } from '../streamctl.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';
import { type S3Server, startS3Server } from '../../fixtures/s3-server.ts';
import { freePort, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { liveReport } from '../../health/sample-body.ts';

const ACCEPTED = 'running: true\nmedia: [loops/rain.mp4, loops/fire.mp4]\nbitrate: 3000k\n';
const byName = (a: string, b: string): number => (a < b ? -1 : 1);
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

let workspace: Workspace;
let env: Record<string, string>;
let health: HealthServer | null;

beforeEach(async () => {
  workspace = makeWorkspace();
  const port = await freePort();
  env = { STREAM_CONFIG_DIR: workspace.dir, STREAM_CONTROLLER_PORT: String(port) };
  mkdirSync(join(workspace.dir, 'state'));
  health = null;
});
afterEach(async () => {
  await health?.close();
  await workspace.cleanup();
});

const write = (name: string, text: string): void => writeFileSync(join(workspace.dir, name), text);
const plan = (...args: string[]): Promise<Outcome> => called(['plan', ...args], { env, cwd: workspace.dir });

/** A daemon that has accepted ACCEPTED, and reports this. */
function daemon(edit: Partial<HealthBody> = {}): void {
  write('state/desired.last-good.yaml', ACCEPTED);
  const hash = hashOf(ACCEPTED);
  const report = liveReport({ desired: { hash, file: 'ok', error: null }, applied: { hash }, ...edit });
  health = serveHealth(
    '127.0.0.1',
    Number(env['STREAM_CONTROLLER_PORT']),
    () => report,
    () => undefined,
  );
}

describe('streamctl plan', () => {
  it('finds nothing to change in the applied file', async () => {
    daemon();
    write('desired.yaml', ACCEPTED);
    expect(await plan()).toEqual({
      code: 0,
      stdout: `nothing would change: desired.yaml ${hashOf(ACCEPTED)} is the accepted file\n`,
      stderr: '',
    });
  });

  it('finds nothing to change where only the words differ', async () => {
    daemon();
    write('desired.yaml', `# a comment\n${ACCEPTED}fps: 30\n`);
    expect((await plan()).stdout).toContain('says the same as the accepted');
  });

  it('tells each change, its effect on what is on air, and that the session survives', async () => {
    daemon();
    const text = 'running: true\nmedia: [loops/rain.mp4]\nbitrate: 4500k\n';
    write('tonight.yaml', text);
    const { code, stdout, stderr } = await streamctl(['plan', 'tonight.yaml'], { env, cwd: workspace.dir });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`tonight.yaml ${hashOf(text)} compared with the accepted ${hashOf(ACCEPTED)}:

  media          [loops/rain.mp4, loops/fire.mp4] -> [loops/rain.mp4]
                 next item: 0 added, 1 removed; loops/rain.mp4 on air is in the new programme too, and plays on

  bitrate        3000k -> 4500k
                 next item: the item on air is copied, and stays so

The RTMP session survives.
`);
  });

  it('says when a new session is needed, from stdin and for programs', async () => {
    daemon();
    const text = `${ACCEPTED}resolution: 1920x1080\n`;
    const { code, stdout } = await streamctl(['plan', '-', '--json'], { env, stdin: text });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'stdin',
      hash: hashOf(text),
      comparedWith: hashOf(ACCEPTED),
      effect: 'new session',
      session: 'renewed',
      sessionSurvives: false,
      changes: [{ field: 'resolution', from: '1280x720', to: '1920x1080', effect: 'new session' }],
      notes: [],
    });
    const text2 = (await streamctl(['plan', '-'], { env, stdin: text })).stdout;
    expect(text2).toContain('new session (≤ 3 s off air)');
    expect(text2).toContain('does not survive');
  });

  it('names the problems of an invalid file, exit 2', async () => {
    daemon();
    write('desired.yaml', 'running: true\n');
    const { code, stdout, stderr } = await plan();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('desired.yaml:1:1: media: is missing');
    expect((await plan('nope.yaml')).stderr).toBe('streamctl: nope.yaml does not exist\n');
  });

  it('lets no session survive where none is up, and takes one off air where one is', async () => {
    daemon();
    write('desired.yaml', ACCEPTED.replace('true', 'false'));
    expect((await plan()).stdout).toContain(
      'running        true -> false\n                 off air: the session is closed',
    );
    await health?.close();
    daemon({
      status: 'down',
      reason: 'IngestUnreachable',
      message: 'refused',
      uplink: null,
      playout: null,
      next: null,
    });
    write('desired.yaml', `${ACCEPTED}fps: 25\n`);
    const { stdout } = await plan();
    expect(stdout).toContain('A new RTMP session begins.');
    expect(stdout).toContain('note: no RTMP session is up at the moment: down IngestUnreachable: refused');
  });

  it('is honest about an accepted file that is not on air yet', async () => {
    daemon({
      applied: { hash: 'ffffffffffff' },
      status: 'degraded',
      reason: 'StorageUnreachable',
      message: 'no route',
    });
    write('desired.yaml', ACCEPTED);
    const { stdout } = await plan();
    expect(stdout).toContain('nothing would change');
    expect(stdout).toContain(
      `note: the accepted file ${hashOf(ACCEPTED)} is not fully on air yet: degraded StorageUnreachable: no route`,
    );
  });

  it('is honest about a file the daemon has not taken over yet', async () => {
    const text = ACCEPTED.replace('3000k', '4000k');
    daemon({ desired: { hash: hashOf(text), file: 'ok', error: null } });
    write('desired.yaml', text);
    expect((await plan()).stdout).toContain('note: the daemon sees this very file, and is about to take it over');
  });

  it('compares with what was accepted last when no daemon answers, and says so', async () => {
    write('state/desired.last-good.yaml', ACCEPTED);
    write('desired.yaml', ACCEPTED.replace('true', 'false'));
    const { code, stdout } = await plan();
    expect(code).toBe(0);
    expect(stdout).toContain('running        true -> false\n                 none: nothing is on air');
    expect(stdout).toContain('Off air before and after.');
    expect(stdout).toMatch(/note: no daemon answers on .*: compared with what was accepted last/);
    expect(stdout).toContain('note: nothing of the stream runs');
  });

  it('says when nothing has been accepted yet', async () => {
    write('desired.yaml', ACCEPTED);
    const { stdout } = await plan();
    expect(stdout).toContain('compared with nothing');
    expect(stdout).toContain('running        true\n                 on air: the stream starts');
    expect(stdout).toContain('note: the daemon has not accepted any file yet');
  });

  it('takes the applied file for the accepted one where its copy is lost', async () => {
    daemon();
    write('state/desired.last-good.yaml', 'not: valid\n');
    write('desired.yaml', ACCEPTED);
    expect((await plan()).stdout).toContain('nothing would change');
    write('desired.yaml', `${ACCEPTED}fps: 25\n`);
    expect((await plan()).stdout).toContain('note: the file accepted last is not valid for this version');
  });

  describe('with a store', () => {
    let s3: S3Server;

    beforeEach(async () => {
      s3 = await startS3Server();
      env = {
        ...env,
        STORAGE_ENDPOINT: s3.url,
        STORAGE_BUCKET: 'media',
        STORAGE_ACCESS_KEY_ID: s3.accessKeyId,
        STORAGE_SECRET_ACCESS_KEY: s3.secretAccessKey,
      };
      daemon();
      write('desired.yaml', `${ACCEPTED}resolution: 320x240\n`);
    });
    afterEach(() => s3.stop());

    it('tells which items are copied and which are encoded, and why', async () => {
      const small = { name: 'plan', size: '320x240', seconds: 2, bitrateKbps: 300 } as const;
      s3.putFile('media', 'loops/rain.mp4', await makeMedia(small));
      s3.putFile('media', 'loops/fire.mp4', await makeMedia({ ...small, fps: 25 }));
      const { code, stdout } = await plan();
      expect(code).toBe(0);
      expect(stdout).toContain(`
  copied         loops/rain.mp4
  transcoded     loops/fire.mp4: frame rate 25, wished 30
streamctl media inspect KEY tells what encoding costs, streamctl media prepare KEY spares it.
`);
      expect(JSON.parse((await plan('--json')).stdout)).toMatchObject({
        items: [
          { key: 'loops/rain.mp4', mode: 'copy', reasons: [] },
          { key: 'loops/fire.mp4', mode: 'transcode', reasons: ['frame rate 25, wished 30'] },
        ],
        itemsInAll: 2,
      });
    });

    it('looks at the first of a large prefix, and names an item that is no media', async () => {
      for (let i = 1; i <= 15; i += 1) s3.put('media', `loops/${i}.mp4`, Buffer.from('no media'));
      write('desired.yaml', ACCEPTED.replace(/\[.*\]/, 'loops/'));
      const { stdout } = await plan();
      expect(stdout).toMatch(/^ {2}not known {6}loops\/1\.mp4: "loops\/1\.mp4" is not playable media/m);
      expect(stdout).toMatch(/… \d+ more, not looked at$/m);
    });

    it('is a plan without the store too, and says what it does not know', async () => {
      for (const fault of [{ kind: 'hang' }, { kind: 'status', status: 503, code: 'SlowDown' }] as const) {
        s3.fault = () => fault;
        const { code, stdout } = await plan();
        expect(code).toBe(0);
        expect(stdout).toContain('does not survive');
        expect(stdout).toMatch(/^note: which items are copied and which are encoded is not all known: the store/m);
      }
    });
  });

  it('changes nothing in the configuration and state directories', async () => {
    daemon();
    write('desired.yaml', `${ACCEPTED}fps: 25\n`);
    const before = readdirSync(workspace.dir, { recursive: true }).map(String).toSorted(byName);
    await plan();
    expect(readdirSync(workspace.dir, { recursive: true }).map(String).toSorted(byName)).toEqual(before);
  });
});
