import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeClock } from '../../../src/cli/doctor/checks/clock.ts';
import { judgeDaemon } from '../../../src/cli/doctor/checks/daemon.ts';
import { type DiskFacts, judgeDisk } from '../../../src/cli/doctor/checks/disk.ts';
import { judgeSecretFiles } from '../../../src/cli/doctor/checks/environment.ts';
import { judgeFfmpeg } from '../../../src/cli/doctor/checks/ffmpeg.ts';
import { type HostFacts, judgeHost, parseLimits } from '../../../src/cli/doctor/checks/host.ts';
import { gatherUnits, judgeUnits, unitsOfCheckout } from '../../../src/cli/doctor/checks/units.ts';
import { judgeUpstream } from '../../../src/cli/doctor/checks/upstream.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { doctorLines } from '../../../src/cli/doctor/text.ts';
import { takeInventory } from '../../../src/observe/toolchain/inventory.ts';
import { findProgram } from '../../../src/system/programs.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { liveReport } from '../../health/sample-body.ts';

const verdicts = (findings: readonly Finding[]): string[] =>
  findings.map(({ check, verdict }) => `${check} ${verdict}`);
const MINUTE_MS = 60_000;

describe('the verdict on the clock', () => {
  it.each([
    [900, 'ok'],
    [-30_000, 'ok'],
    [2 * MINUTE_MS, 'warning'],
    [-16 * MINUTE_MS, 'failed'],
  ] as const)('of a machine %d ms ahead is %s', (aheadMs, verdict) => {
    expect(judgeClock({ aheadMs, synchronised: null })).toMatchObject({ verdict });
  });

  it('is unknown where nobody tells, unless NTP has set it', () => {
    expect(judgeClock({ aheadMs: null, synchronised: null }).verdict).toBe('unknown');
    expect(judgeClock({ aheadMs: null, synchronised: true }).verdict).toBe('ok');
  });
});

describe('the verdict on the upstream', () => {
  const seen = { bitrateKbps: 3000, uplink: 'seen', queues: [0, 20_000, 0], unackedMs: 0, delivered: null } as const;

  it.each([
    ['an uplink whose queue empties', seen, 'ok'],
    ['one whose queue never falls below seconds of the stream', { ...seen, queues: [2e6, 1.9e6, 2.1e6] }, 'warning'],
    ['one that nothing is acknowledged of', { ...seen, unackedMs: 6_000 }, 'warning'],
    ['one of another user, by /health alone', { ...seen, uplink: 'unseen', queues: [] }, 'ok'],
    ['one nobody can see', { ...seen, uplink: 'unseen', queues: [], unackedMs: null }, 'unknown'],
    ['none', { ...seen, uplink: 'none', queues: [], unackedMs: null }, 'unknown'],
    ['a file that is not valid', { ...seen, bitrateKbps: null }, 'unknown'],
  ] as const)('of %s', (_what, facts, verdict) => {
    expect(judgeUpstream(facts)).toMatchObject({ verdict });
  });

  it('tells what went through while the line was busy: all that it takes, or the least', () => {
    const idle = judgeUpstream({ ...seen, delivered: { ackedBytes: 782_000, busyMs: 312 } });
    expect(idle.message).toContain('keeps up with 3128 kbit/s; the line takes at least 20.1 Mbit/s');
    const busy = { ...seen, queues: [2e6, 1.9e6], delivered: { ackedBytes: 475_000, busyMs: 2_000 } };
    expect(judgeUpstream(busy).message).toMatch(
      /lags: .*; the line was busy all the time, and 1\.9 Mbit\/s went through$/,
    );
    expect(judgeUpstream({ ...seen, delivered: { ackedBytes: 0, busyMs: 0 } }).message).not.toContain('line');
  });

  it('names what has to be measured where it cannot be told', () => {
    const { remedy } = judgeUpstream({ ...seen, uplink: 'none' });
    expect(remedy).toContain('at least 4.0 Mbit/s upwards');
  });
});

describe('the verdict on the disk', () => {
  const well: DiskFacts = { exists: true, isDirectory: true, refused: null, freeBytes: 20e9, freeInodes: 1e6 };

  it.each([
    ['a roomy one', {}, ['state ok', 'disk ok']],
    ['one without inodes to count', { freeInodes: null }, ['state ok', 'disk ok']],
    ['a state directory still to be made', { exists: false }, ['state ok', 'disk ok']],
    ['a nearly full one', { freeBytes: 300e6 }, ['state ok', 'disk warning']],
    ['a full one', { freeBytes: 1e6 }, ['state ok', 'disk failed']],
    ['one out of inodes', { freeInodes: 10 }, ['state ok', 'disk failed']],
    ['a read-only one', { refused: 'EROFS' }, ['state failed', 'disk ok']],
    ['a file in the place of the directory', { isDirectory: false }, ['state failed', 'disk ok']],
  ])('of %s', (_what, edit, expected) => {
    expect(verdicts(judgeDisk({ ...well, ...edit }))).toEqual(expected);
  });
});

describe('the verdict on the host', () => {
  const limits = { whose: 'this shell', openFiles: 524_288, processes: null, fileSizeBytes: null };
  const well: HostFacts = {
    node: '24.21.0',
    programs: {
      bash: '/bin/bash',
      flock: '/usr/bin/flock',
      cat: '/bin/cat',
      nice: '/usr/bin/nice',
      setpriv: '/usr/bin/setpriv',
    },
    mbuffer: 'works',
    flockHelp: ' -F, --no-fork  execute command without forking',
    hidden: [],
    limits,
  };

  it.each<readonly [string, Partial<HostFacts>, readonly string[]]>([
    ['one with all it takes', {}, ['node ok', 'tools ok', 'reservoir ok', 'proc ok', 'limits ok']],
    ['another Node', { node: '26.1.0' }, ['node warning', 'tools ok', 'reservoir ok', 'proc ok', 'limits ok']],
    ['BusyBox', { flockHelp: 'BusyBox v1.36' }, ['node ok', 'tools failed', 'reservoir ok', 'proc ok', 'limits ok']],
    [
      'no bash',
      { programs: { ...well.programs, bash: null } },
      ['node ok', 'tools failed', 'reservoir ok', 'proc ok', 'limits ok'],
    ],
    ['no mbuffer', { mbuffer: 'missing' }, ['node ok', 'tools ok', 'reservoir warning', 'proc ok', 'limits ok']],
    [
      'an mbuffer that fails',
      { mbuffer: 'broken' },
      ['node ok', 'tools ok', 'reservoir warning', 'proc ok', 'limits ok'],
    ],
    ['half a /proc', { hidden: ['/proc/locks'] }, ['node ok', 'tools ok', 'reservoir ok', 'proc failed', 'limits ok']],
    [
      'few files',
      { limits: { ...limits, openFiles: 512 } },
      ['node ok', 'tools ok', 'reservoir ok', 'proc ok', 'limits warning'],
    ],
    [
      'too few files',
      { limits: { ...limits, openFiles: 64 } },
      ['node ok', 'tools ok', 'reservoir ok', 'proc ok', 'limits failed'],
    ],
    [
      'few processes',
      { limits: { ...limits, processes: 30 } },
      ['node ok', 'tools ok', 'reservoir ok', 'proc ok', 'limits warning'],
    ],
  ])('with %s', (_what, edit, expected) => {
    expect(verdicts(judgeHost({ ...well, ...edit }))).toEqual(expected);
  });

  it('reads the limits as the kernel writes them', () => {
    const text = `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max processes             4096                 31422                processes
Max open files            1024                 524288               files     \n`;
    const expected = { whose: 'it', openFiles: 524_288, processes: 31_422, fileSizeBytes: null };
    expect(parseLimits(text, 'it')).toEqual(expected);
    expect(parseLimits('nonsense', 'it')).toBeNull();
  });
});

describe('the verdict on FFmpeg', () => {
  const toolchain = { kind: 'ready', version: '7.1.5', keyDelivery: 'preset', toneMapping: true } as const;
  const needs = { rtmps: true, remoteMedia: true };

  it('is by what the very binary has', async () => {
    const path = findProgram('ffmpeg', process.env['PATH'] ?? '') ?? 'ffmpeg';
    const inventory = await takeInventory(path);
    const facts = { path, toolchain, inventory, ffprobe: 'ffprobe version 7.1.5', needs };
    expect(judgeFfmpeg(facts).every(({ verdict }) => verdict === 'ok')).toBe(true);
    const without = (set: ReadonlySet<string>, name: string): Set<string> =>
      new Set([...set].filter((each) => each !== name));
    const judged = (edit: Partial<typeof inventory>, other: Partial<typeof facts> = {}): Finding[] =>
      judgeFfmpeg({ ...facts, inventory: { ...inventory, ...edit }, ...other }).filter(
        ({ verdict }) => verdict !== 'ok',
      );
    const noRtmps = { outputProtocols: without(inventory.outputProtocols, 'rtmps') };
    expect(judged(noRtmps)).toMatchObject([{ check: 'ffmpeg-protocols', verdict: 'failed' }]);
    expect(judged(noRtmps, { needs: { ...needs, rtmps: false } })).toMatchObject([{ verdict: 'warning' }]);
    expect(judged({ inputProtocols: without(inventory.inputProtocols, 'https') })).toMatchObject([
      { verdict: 'failed' },
    ]);
    expect(judged({ muxers: without(inventory.muxers, 'flv') })).toMatchObject([
      { check: 'ffmpeg-formats', verdict: 'failed' },
    ]);
    expect(judged({ demuxers: without(inventory.demuxers, 'ogg') })).toMatchObject([
      { verdict: 'warning', message: 'it cannot read media in ogg' },
    ]);
    expect(judged({}, { ffprobe: null as unknown as string })).toMatchObject([{ check: 'ffprobe', verdict: 'failed' }]);
  });

  it('warns of one that cannot make SDR of HDR', async () => {
    const facts = { path: '/usr/bin/ffmpeg', inventory: await takeInventory('/usr/bin/ffmpeg'), ffprobe: 'x', needs };
    const plain = { ...toolchain, toneMapping: false };
    expect(verdicts(judgeFfmpeg({ ...facts, toolchain: plain }))).toContain('ffmpeg-hdr warning');
  });

  it('warns of one that shows the stream key', async () => {
    const facts = { path: '/usr/bin/ffmpeg', inventory: await takeInventory('/usr/bin/ffmpeg'), ffprobe: 'x', needs };
    const argv = { kind: 'ready', version: '9.0.2', keyDelivery: 'argv', toneMapping: true } as const;
    expect(verdicts(judgeFfmpeg({ ...facts, toolchain: argv }))).toContain('stream-key warning');
  });
});

describe('the verdict on files with secrets', () => {
  it.each([
    [0o600, 0, 'ok'],
    [0o640, 1000, 'ok'],
    [0o640, 50, 'warning'],
    [0o604, 1000, 'warning'],
    [0o620, 1000, 'warning'],
  ])('of mode %o and group %d is %s for a service of group 1000', (mode, gid, verdict) => {
    expect(judgeSecretFiles([{ path: '/etc/s/.env', mode, gid }], 1000)).toMatchObject({ verdict });
  });
});

describe('the verdict on the daemon', () => {
  const facts = { answer: { kind: 'report', report: liveReport() }, remains: null, version: '0.1.0' } as const;
  const report = (edit: object): typeof facts => ({
    ...facts,
    answer: { kind: 'report', report: { ...liveReport(), ...edit } },
  });

  it.each([
    ['one that is live', facts, ['daemon ok', 'broadcast unknown']],
    ['one off air by the file', report({ status: 'stopped' }), ['daemon ok', 'broadcast unknown']],
    [
      'one that is down, which status tells by its exit code',
      report({ status: 'down' }),
      ['daemon warning', 'broadcast unknown'],
    ],
    ['one of another version', { ...facts, version: '0.2.0' }, ['daemon ok', 'daemon warning', 'broadcast unknown']],
    [
      'one that has no room for a visual',
      report({
        conditions: [{ type: 'SceneryAtHand', status: 'False', reason: 'MediaUndecodable', message: 'too large' }],
      }),
      ['daemon ok', 'broadcast unknown', 'visuals warning'],
    ],
    ['none', { ...facts, answer: { kind: 'silent', why: 'no daemon answers' } as const }, ['daemon unknown']],
  ] as const)('of %s', (_what, each, expected) => {
    expect(verdicts(judgeDaemon(each))).toEqual(expected);
  });
});

describe('the verdict on systemd units', () => {
  let workspace: Workspace;
  let installed: string;
  let checkout: string;
  const NAME = 'stream-controller.service';

  beforeEach(() => {
    workspace = makeWorkspace();
    installed = join(workspace.dir, 'etc');
    checkout = join(workspace.dir, 'checkout/deploy/systemd');
    mkdirSync(installed);
    mkdirSync(checkout, { recursive: true });
    writeFileSync(join(workspace.dir, 'checkout/package.json'), '{}');
    writeFileSync(join(checkout, NAME), '[Service]\n');
  });
  afterEach(() => workspace.cleanup());

  async function judged(show: string | null = null): Promise<readonly Finding[]> {
    const systemctl = join(workspace.dir, 'systemctl');
    writeFileSync(systemctl, `#!/bin/sh\nprintf '${show ?? ''}'\n`);
    chmodSync(systemctl, 0o755);
    const signal = AbortSignal.timeout(10_000);
    return judgeUnits(await gatherUnits([installed], checkout, show === null ? null : systemctl, signal), checkout);
  }

  it('is well where none is installed, or one as in the checkout', async () => {
    expect(await judged()).toMatchObject([{ verdict: 'ok', message: 'no unit of ours is installed' }]);
    writeFileSync(join(installed, NAME), '[Service]\n');
    writeFileSync(join(installed, 'nginx.service'), 'something else\n');
    expect(await judged()).toMatchObject([{ verdict: 'ok', message: `${NAME}: as in the checkout` }]);
  });

  it('warns of one that differs, that systemd has not read again, or that is not started at boot', async () => {
    writeFileSync(join(installed, NAME), '[Service]\nNice=5\n');
    expect(await judged()).toMatchObject([{ verdict: 'warning', remedy: expect.stringContaining('daemon-reload') }]);
    writeFileSync(join(installed, NAME), '[Service]\n');
    expect(await judged('NeedDaemonReload=yes\\nUnitFileState=disabled\\n')).toMatchObject([
      { verdict: 'warning', remedy: 'systemctl daemon-reload' },
      { verdict: 'warning', remedy: `systemctl enable ${NAME}` },
    ]);
    expect(await judged('NeedDaemonReload=no\\nUnitFileState=enabled\\n')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('does not want the timer that follows a git branch at boot, which is a choice', async () => {
    const timer = 'stream-controller-pull.timer';
    for (const dir of [installed, checkout]) writeFileSync(join(dir, timer), '[Timer]\n');
    expect(await judged('NeedDaemonReload=no\\nUnitFileState=disabled\\n')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('does not want the plain unit at boot beside instances of the template', async () => {
    writeFileSync(join(installed, NAME), '[Service]\n');
    mkdirSync(join(installed, 'multi-user.target.wants'));
    writeFileSync(join(installed, 'multi-user.target.wants/stream-controller@rain.service'), '');
    expect(await judged('NeedDaemonReload=no\\nUnitFileState=disabled\\n')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('finds the checkout it is in, from the source as from dist', () => {
    for (const inside of ['dist', 'src/cli/doctor']) {
      const from = join(workspace.dir, 'checkout', inside);
      mkdirSync(from, { recursive: true });
      expect(unitsOfCheckout(from)).toBe(checkout);
    }
    expect(unitsOfCheckout(workspace.dir)).toBeNull();
  });
});

describe('the report of doctor', () => {
  const findings: readonly Finding[] = [
    { check: 'node', verdict: 'ok', message: 'Node 24.21.0', remedy: null },
    { check: 'clock', verdict: 'failed', message: "20 min behind the store's \u001b[2J", remedy: 'set it by NTP' },
  ];

  it('has verdict, check, message and remedy, and nothing that moves the cursor', () => {
    expect(doctorLines(findings, { colour: false, width: null })).toEqual([
      'ok       node              Node 24.21.0',
      "failed   clock             20 min behind the store's \\u{1b}[2J",
      '                           > set it by NTP',
      '1 failed, 1 ok',
    ]);
  });

  it('fits a narrow terminal, and colours the verdict alone', () => {
    const lines = doctorLines(findings, { colour: false, width: 40 });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(doctorLines(findings, { colour: true, width: 100 })[0]).toBe(
      '\u001b[32mok\u001b[0m       node              Node 24.21.0',
    );
  });
});
