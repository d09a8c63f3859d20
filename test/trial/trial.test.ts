import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEY, logIn, makeStage, type Stage } from '../cli/youtube/stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { trial } from './trial.ts';

interface Written {
  readonly findings: readonly { readonly question: string; readonly answer: string }[];
  readonly entries: readonly { readonly request: string; readonly status: number }[];
}

const recordIn = (stage: Stage): string => join(dirname(stage.tokenFile), 'youtube-trial.json');

/** A trial of some milliseconds, in this process. */
async function tried({
  env,
}: Stage): Promise<{ readonly failure: string | null; readonly out: string; readonly notes: string }> {
  const [out, notes]: [string[], string[]] = [[], []];
  const { signal } = new AbortController();
  const failure = await trial({
    minutes: 0.02,
    env,
    cwd: '/',
    signal,
    out: (line) => void out.push(`${line}\n`),
    note: (line) => void notes.push(`${line}\n`),
  });
  return { failure, out: out.join(''), notes: notes.join('') };
}

/** The program itself; `ended` is its exit code. */
function started(
  { env }: Stage,
  args: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<unknown> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: 'ignore',
  });
  return { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

async function onAir(): Promise<Stage> {
  const stage = await makeStage();
  await logIn(stage);
  stage.fake.feed(KEY, true);
  await eventually(() => expect(stage.fake.streamStatus(KEY)).toBe('active'));
  return stage;
}

// The machine may be busy.
describe('npm run trial', { timeout: 120_000 }, () => {
  it('renews an unlisted broadcast once, measures, tidies up, and writes down what may be shown', async () => {
    const stage = await onAir();
    const { fake } = stage;
    const before = fake.studio.begin({ boundStreamId: 'stream-2' });
    const { failure, out, notes } = await tried(stage);
    expect({ failure, notes: notes.replace(/.*(?:watch\?v=|both are live now).*\n/g, '') }).toEqual({
      failure: null,
      notes: '',
    });
    const path = recordIn(stage);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    const { findings, entries } = JSON.parse(text) as Written;
    const answers = Object.fromEntries(findings.map(({ question, answer }) => [question, answer]));
    expect(answers).toMatchObject({
      'the first broadcast: from the transition to live': expect.stringMatching(/^\d+\.\d s$/),
      'the first broadcast: states on the way': expect.stringContaining('live (in the list of active ones)'),
      'the second broadcast: categoryId at insert is taken': 'yes',
      'live for a complete one': 'refused: invalidTransition',
      'bind for a live one': expect.stringMatching(/^refused: live/),
      'delete for a live one': 'refused: liveBroadcastDeletionNotAllowed',
      'auto-start, bound to a stream that is active': 'nothing: it stays ready',
      'Analytics with the scope youtube': 'taken',
      'both archives are there': expect.stringMatching(/ s$/),
    });
    expect(out).toContain('the first broadcast: from the transition to live');
    expect(entries.some(({ request, status }) => request === 'POST /youtube/v3/liveBroadcasts' && status === 200)).toBe(
      true,
    );
    for (const secret of [KEY, 'Rain & Rivers', 'UCfakechannel', 'ya29.', '1//', 'GOCSPX', fake.oauth.clientId]) {
      expect(text).not.toContain(secret);
    }
    const left = fake.broadcasts().filter(({ id }) => id !== before.id);
    expect(left.map(({ lifeCycle, privacyStatus }) => [lifeCycle, privacyStatus])).toEqual([
      ['complete', 'unlisted'],
      ['complete', 'unlisted'],
    ]);
    expect(fake.liveOn('stream-2')).toEqual([before.id]);
  });

  it('needs a stream that is on air, and room for two', async () => {
    const stage = await makeStage();
    expect((await tried(stage)).failure).toContain('there is no login');
    await logIn(stage);
    expect((await tried(stage)).failure).toBe('the stream is ready: a trial needs a daemon that is on air');
    stage.fake.feed(KEY, true);
    for (let n = 0; n < 2; n += 1) stage.fake.studio.begin({ boundStreamId: 'stream-2' });
    await eventually(() => expect(stage.fake.streamStatus(KEY)).toBe('active'));
    expect((await tried(stage)).failure).toContain('two broadcasts are live on our stream already');
    expect(stage.fake.broadcasts()).toHaveLength(2);
    const desired = 'running: true\nmedia: a.mp4\nbitrate: 3000k\nbroadcast: {title: Rain, made_for_kids: false}\n';
    writeFileSync(join(dirname(dirname(stage.tokenFile)), 'desired.yaml'), desired);
    expect((await tried(stage)).failure).toContain('set broadcast to null first');
    expect(await started(stage, ['--minutes', 'ten']).ended).toBe(2);
  });

  it('leaves nothing live behind when it is refused in the middle, and says why', async () => {
    const stage = await onAir();
    let transitions = 0;
    stage.fake.fault = ({ name, query }) => {
      if (!name.endsWith('/transition') || query['broadcastStatus'] !== 'live') return undefined;
      transitions += 1;
      return transitions === 2 ? { kind: 'refuse', status: 403, reason: 'livePermissionBlocked' } : undefined;
    };
    expect((await tried(stage)).failure).toContain('YouTube has blocked live streaming');
    expect(stage.fake.broadcasts().map(({ lifeCycle }) => lifeCycle)).toEqual(['complete']);
    expect((JSON.parse(readFileSync(recordIn(stage), 'utf8')) as Written).findings.length).toBeGreaterThan(0);
  });

  it('leaves nothing live behind when it is interrupted', async () => {
    const stage = await onAir();
    const { child, ended } = started(stage, ['--minutes', '60']);
    try {
      await eventually(() => expect(stage.fake.liveOn('stream-2')).toHaveLength(1), { timeoutMs: 60_000 });
    } finally {
      child.kill('SIGINT');
    }
    expect(await ended).toBe(1);
    expect(stage.fake.broadcasts()).toHaveLength(1);
    expect(stage.fake.broadcasts().every(({ lifeCycle }) => lifeCycle === 'complete')).toBe(true);
  });
});
