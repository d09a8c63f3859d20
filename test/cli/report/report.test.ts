import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveHealth } from '../../../src/health/server.ts';
import { called, type Outcome, streamctl } from '../streamctl.ts';
import { freePort, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { liveReport } from '../../health/sample-body.ts';

let workspace: Workspace;
let port: number;

beforeEach(async () => {
  workspace = makeWorkspace();
  port = await freePort();
  mkdirSync(join(workspace.dir, 'state'));
});
afterEach(() => workspace.cleanup());

const HOUR_MS = 3_600_000;
const where = () => ({
  cwd: workspace.dir,
  env: { STREAM_CONFIG_DIR: workspace.dir, STREAM_CONTROLLER_PORT: String(port) },
});
const report = (...args: string[]): Promise<Outcome> => called(['report', ...args], where());
const inState = (name: string, text: string): void => writeFileSync(join(workspace.dir, 'state', name), text);
const line = (hoursAgo: number, event: string, more: object = {}): string =>
  `${JSON.stringify({ at: new Date(Date.now() - hoursAgo * HOUR_MS).toISOString(), event, reason: 'OnAir', item: null, ...more })}\n`;
interface Json {
  readonly timezone: string;
  readonly onAirSeconds: number;
  readonly interruptions: readonly { readonly reason: string; readonly seconds: number }[];
}
const json = async (...args: string[]): Promise<Json> => JSON.parse((await report('--json', ...args)).stdout) as Json;

describe('streamctl report', () => {
  it('tells of the time on air, and writes the picture', async () => {
    inState(
      'history.jsonl',
      line(30, 'on-air') +
        line(20, 'off-air', { reason: 'UplinkFailed' }) +
        line(19, 'on-air') +
        line(5, 'off-air', { reason: 'StoppedByFile' }),
    );
    const { code, stdout, stderr } = await streamctl(['report', '--svg', 'air.svg', '--timezone', 'UTC'], where());
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'streamctl: written: air.svg\n' });
    expect(stdout).toMatch(
      /^on air {6}24\.0 h of 30\.0 h: (?:79\.99|80\.00) %; of the time wished (?:95\.99|96\.00) %$/m,
    );
    expect(stdout).toMatch(/^interrupted 1, 1 h 0 min in all:\n {2}\S+ \S+ {2}1 h 0 min +UplinkFailed$/m);
    expect(Math.max(...stdout.split('\n').map((each) => each.length))).toBeLessThanOrEqual(80);
    expect(readFileSync(join(workspace.dir, 'air.svg'), 'utf8')).toMatch(/On air (?:79\.99|80\.00) %/);
  });

  it('has the days of desired.yaml, of the option, or of the last good file', async () => {
    inState('history.jsonl', line(3, 'on-air'));
    expect(await json()).toMatchObject({ timezone: 'UTC' });
    const desired = 'running: true\nmedia: a.mp4\nbitrate: 3000k\ntimezone: Asia/Tokyo\n';
    inState('desired.last-good.yaml', desired);
    expect(await json()).toMatchObject({ timezone: 'Asia/Tokyo' });
    writeFileSync(join(workspace.dir, 'desired.yaml'), desired.replace('Asia/Tokyo', 'Europe/Paris'));
    expect(await json()).toMatchObject({ timezone: 'Europe/Paris' });
    expect(await json('--timezone', 'America/Lima')).toMatchObject({ timezone: 'America/Lima' });
  });

  it('takes a stretch for going on while a daemon answers', async () => {
    inState('history.jsonl', line(3, 'on-air'));
    const health = serveHealth(
      '127.0.0.1',
      port,
      () => liveReport(),
      () => undefined,
    );
    try {
      const { onAirSeconds, interruptions } = await json();
      expect(onAirSeconds).toBeGreaterThanOrEqual(3 * 3_600);
      expect(interruptions).toEqual([]);
    } finally {
      await health.close();
    }
  });

  it('takes it for ended at the last sign of life where nothing runs any more', async () => {
    inState('history.jsonl', line(8, 'on-air'));
    inState('uplink-abc-1.progress', 'progress=continue\n');
    const diedS = (Date.now() - 2 * HOUR_MS) / 1000;
    utimesSync(join(workspace.dir, 'state/uplink-abc-1.progress'), diedS, diedS);
    const { onAirSeconds, interruptions } = await json();
    expect(Math.round(onAirSeconds / 60)).toBe(360);
    expect(interruptions).toMatchObject([{ reason: 'NoDaemon' }]);
    const lastHealthCheck = new Date(Date.now() - HOUR_MS).toISOString();
    inState('stream_state.json', JSON.stringify({ status: 'live', reason: 'OnAir', lastHealthCheck }));
    expect(Math.round((await json()).onAirSeconds / 60)).toBe(420);
  });

  it('says when there is nothing to tell yet, exit 0', async () => {
    const expected = { code: 0, stderr: expect.stringContaining('there is no history yet') };
    expect(await report()).toMatchObject({ ...expected, stdout: '' });
    expect(await report('--json')).toMatchObject({ ...expected, stdout: 'null\n' });
  });

  it('fails where the history cannot be read, or the picture not be written', async () => {
    inState('history.jsonl', line(3, 'on-air'));
    expect(await report('--svg', 'nowhere/air.svg')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'streamctl: --svg: nowhere/air.svg cannot be written (ENOENT)\n',
    });
    mkdirSync(join(workspace.dir, 'state/history.jsonl.1'));
    expect(await report()).toMatchObject({ code: 1, stderr: expect.stringContaining('EISDIR') });
  });

  it.each([
    [['--since', 'yesterday'], '--since: found "yesterday"; accepted: 12h, 7d, 2w, or a date such as 2026-03-01'],
    [['--since', '\u001b[2J'], '--since: found "\\u001b[2J"; accepted: 12h, 7d, 2w, or a date such as 2026-03-01'],
    [['--viewers', 'many'], '--viewers: accepted: a number above 0, such as 3.5'],
    [['--viewers', '0'], '--viewers: accepted: a number above 0, such as 3.5'],
    [['--budget-gb', '2TB'], '--budget-gb: accepted: a number above 0, such as 2000'],
    [['--timezone', 'Mars/Olympus'], '--timezone: accepted: an IANA name such as Europe/Berlin'],
    [['--svg'], '--svg wants FILE'],
  ])('refuses %j in one line, exit 2', async (args, message) => {
    expect(await report(...args)).toEqual({ code: 2, stdout: '', stderr: `streamctl: ${message}\n` });
  });
});
