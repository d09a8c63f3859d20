import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HealthBody } from '../../src/health/body.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type RtmpSink, type SinkSession, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { arrivalGaps, framesOf } from '../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { Installed, makeRelease, RELEASES, STREAM_KEY, UNIT } from './installed.ts';
import { bootMachine, type Machine } from './machine.ts';
import { killForMemory } from './oom.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';

const FIRST = '1.0.0';
const SECOND = '2.0.0';
const OFF_AIR_UNIT = 'stream-controller-off-air.service';
const PULL_UNIT = 'stream-controller-pull.service';

let workspace: Workspace;
let machine: Machine;
let sink: RtmpSink;
let service: Installed;

beforeAll(async () => {
  workspace = makeWorkspace();
  // The service's user goes through it.
  chmodSync(workspace.dir, 0o755);
  const releases = join(workspace.dir, 'releases');
  mkdirSync(releases, { mode: 0o755 });
  for (const version of [FIRST, SECOND]) await makeRelease(releases, version);
  machine = await bootMachine({ shares: { [RELEASES]: releases } });
  sink = await startRtmpSink({ host: machine.hostAddress });
  service = new Installed(machine, sink);
  await service.install(FIRST);
}, 240_000);

afterAll(async () => {
  await machine?.close();
  await sink?.stop();
  await workspace?.cleanup();
});

/** The session that publishes under this key now, once it has shown a picture. */
function session(key = STREAM_KEY): Promise<SinkSession> {
  return eventually(
    () => {
      const open = sink.sessions.findLast(({ streamName, closedAtMs }) => streamName === key && closedAtMs === null);
      if (open === undefined || !framesOf(open, 'video').some(({ keyframe }) => keyframe)) {
        throw new Error('there is no picture');
      }
      return open;
    },
    { timeoutMs: 80_000, what: `a picture at the ingest under ${key}` },
  );
}

/** Does something that the ingest must not notice, waits until the daemon is as wished, and makes sure of it. */
async function unnoticed(act: () => Promise<void>, after: () => Promise<HealthBody>): Promise<HealthBody> {
  const before = await service.live('on air before');
  const publishing = await session();
  const connections = sink.sessions.length;
  const sinceMs = performance.now();
  await act();
  const report = await after();
  const seenMs = framesOf(publishing, 'video').length;
  await eventually(() => expect(framesOf(publishing, 'video').length).toBeGreaterThan(seenMs + 30), {
    timeoutMs: 45_000,
    what: 'another second of video in the same session',
  });
  expect(sink.sessions).toHaveLength(connections);
  expect(publishing.closedAtMs).toBeNull();
  expect(arrivalGaps(publishing, MACHINE_PAUSE_MS).filter(({ toMs }) => toMs > sinceMs)).toEqual([]);
  expect(report.uplink?.pid).toBe(before.uplink?.pid);
  expect(report.playout?.pid).toBe(before.playout?.pid);
  return report;
}

/** Started, unless it runs, and to be seen at the ingest. */
async function onAir(): Promise<void> {
  await service.systemctl('start', UNIT);
  await service.live('on air');
  await session();
}

const mainPid = (): Promise<string> => service.property('MainPID');

/** Once another daemon than this runs and is ready. */
function anotherDaemon(than: string): Promise<void> {
  return eventually(
    async () => {
      const state = `${await service.property('ActiveState')} ${await mainPid()}`;
      if (state === `active ${than}` || !/^active [1-9]/.test(state)) throw new Error(state);
    },
    { timeoutMs: 80_000, everyMs: 400, what: 'another daemon' },
  );
}

function offAir(): Promise<void> {
  return eventually(
    () => {
      if (sink.publishers > 0) throw new Error('somebody publishes');
      expect(service.processes()).toEqual([]);
    },
    { timeoutMs: 45_000, everyMs: 100, what: 'nothing left of the service' },
  );
}

describe('the units', () => {
  it('are accepted by systemd without a word', async () => {
    const stems = ['stream-controller', 'stream-controller-off-air'];
    const services = stems.flatMap((stem) => [`${stem}.service`, `${stem}@one.service`]);
    const { code, stdout, stderr } = await machine.run([
      ...['systemd-analyze', 'verify'],
      ...[...services, PULL_UNIT, 'stream-controller-pull.timer'],
    ]);
    expect(`${code} ${stdout.toString()}${stderr}`).toBe('0 ');
  });

  it('would not be accepted with a mistake in them', async () => {
    machine.write('/run/systemd/system/wrong.service', '[Service]\nExecStart=/bin/true\nNoSuchKey=1\n');
    const { stdout, stderr } = await machine.run(['systemd-analyze', 'verify', 'wrong.service']);
    expect(`${stdout.toString()}${stderr}`).toContain('NoSuchKey');
  });

  it.each([UNIT, 'stream-controller@.service', PULL_UNIT])('%s: exposure at most 1.5', async (name) => {
    const analyse = ['systemd-analyze', 'security', '--offline=true', '--threshold=15', '--no-pager'];
    await machine.runOk([...analyse, `/etc/systemd/system/${name}`]);
  });
});

// In an order that needs few starts: what begins off air comes after what ends there.
describe('the service', { timeout: 240_000 }, () => {
  beforeEach(() => service.switchTo(FIRST));

  it('does not start without .env, and says which file is missing', async () => {
    await service.systemctl('stop', UNIT);
    await machine.runOk(['mv', '/etc/stream-controller/.env', '/etc/stream-controller/.env.away']);
    try {
      const { code, stderr } = await machine.run(['systemctl', 'start', UNIT]);
      expect(code).not.toBe(0);
      expect(stderr).toContain('Assertion failed');
      const { stdout } = await machine.run(['systemctl', 'status', UNIT]);
      expect(stdout.toString()).toContain('AssertPathExists=/etc/stream-controller/.env was not met');
    } finally {
      await machine.runOk(['mv', '/etc/stream-controller/.env.away', '/etc/stream-controller/.env']);
    }
  });

  it('is started once it is ready: /health answers at once, and the status says how it is', async () => {
    await service.systemctl('stop', UNIT);
    await service.systemctl('start', UNIT);
    expect((await service.health()).version).toBe(FIRST);
    await service.live('on air');
    await eventually(async () => expect(await service.property('StatusText')).toMatch(/^live \(OnAir\): .*red\.mp4/), {
      timeoutMs: 45_000,
      what: 'its status',
    });
  });

  it('crashes, and is back while the stream plays on', async () => {
    await onAir();
    const daemon = await mainPid();
    await unnoticed(
      () => service.signal('KILL'),
      async () => {
        await anotherDaemon(daemon);
        return service.live('adopted');
      },
    );
  });

  it('hands over to another version at a reload, and it is no failure', async () => {
    await onAir();
    const daemon = await service.property('InvocationID');
    const report = await unnoticed(
      async () => {
        await service.switchTo(SECOND);
        await service.systemctl('reload', UNIT);
      },
      () => service.live('the second version', ({ version }) => version === SECOND),
    );
    expect(report.version).toBe(SECOND);
    const words = (await service.journal(`_SYSTEMD_INVOCATION_ID=${daemon}`, '+', `INVOCATION_ID=${daemon}`)).map(
      ({ text }) => text,
    );
    expect(words).toContainEqual(expect.stringContaining('Deactivated successfully'));
    expect(words).not.toContainEqual(expect.stringContaining('Failed'));
  });

  it(
    'refuses a reload to a version that does not run or an environment it would not take, and goes on',
    { tags: 'long' },
    async () => {
      await onAir();
      const daemon = await mainPid();
      const env = '/etc/stream-controller/.env';
      await unnoticed(
        async () => {
          await service.switchTo('0.0.0');
          expect((await machine.run(['systemctl', 'reload', UNIT])).code).not.toBe(0);
          await service.switchTo(FIRST);
          await machine.runOk(['cp', '-p', env, `${env}.good`]);
          await machine.runOk(['sed', '-i', '$ a STREAM_CONTROLLER_PORT=x', env]);
          expect((await machine.run(['systemctl', 'reload', UNIT])).code).not.toBe(0);
          await machine.runOk(['mv', `${env}.good`, env]);
        },
        () => service.live('on air'),
      );
      expect(await mainPid()).toBe(daemon);
      const errors = await service.journal(`--unit=${UNIT}`, '--priority=err');
      expect(errors.map(({ text }) => text)).toContainEqual(
        expect.stringContaining('STREAM_CONTROLLER_PORT: found "x"'),
      );
    },
  );

  it('loses an FFmpeg to the OOM killer, and the daemon only starts another', async () => {
    await onAir();
    expect(await service.property('OOMPolicy')).toBe('continue');
    const daemon = await mainPid();
    const before = await service.live('on air');
    const uplinks = service
      .processes()
      .filter(({ command }) => command.includes('ffmpeg') && command.includes('-f flv'));
    await killForMemory(uplinks[0]?.pid ?? 0);
    const after = await service.live('another uplink', ({ uplink }) => uplink?.pid !== before.uplink?.pid);
    expect(after.restarts.count).toBeGreaterThan(before.restarts.count);
    expect(await mainPid()).toBe(daemon);
    expect(await service.property('ActiveState')).toBe('active');
  });

  it('logs with priorities: what FFmpeg complains of is a warning, and no line holds the stream key', async () => {
    await onAir();
    const since = (await machine.runOk(['date', '+%s'])).trim();
    const before = sink.sessions.length;
    sink.dropAll();
    await eventually(() => expect(sink.sessions.length).toBeGreaterThan(before), {
      timeoutMs: 45_000,
      what: 'a session',
    });
    const lines = await eventually(
      async () => {
        const found = await service.journal(`--unit=${UNIT}`, `--since=@${since}`);
        expect(found.some(({ text }) => text.includes('"role":"uplink"') && text.includes('"msg":"ffmpeg"'))).toBe(
          true,
        );
        return found;
      },
      { timeoutMs: 45_000, what: "FFmpeg's complaint in the journal" },
    );
    const priorities = { warn: 4, error: 3, info: 6 };
    const levelled = lines.flatMap(({ priority, text }) => {
      const level = /^\{"level":"(\w+)"/.exec(text)?.[1];
      return level === undefined ? [] : [{ level, priority }];
    });
    expect(levelled).toContainEqual({ level: 'warn', priority: 4 });
    expect(levelled.filter(({ level, priority }) => priorities[level as keyof typeof priorities] !== priority)).toEqual(
      [],
    );
    expect(await machine.runOk(['journalctl', '--no-pager'])).not.toContain(STREAM_KEY);
  });

  it('ends and begins a session at a restart', async () => {
    await onAir();
    const before = await session();
    await service.systemctl('restart', UNIT);
    await service.live('on air again');
    expect(await session()).not.toBe(before);
    expect(before.closedAtMs).not.toBeNull();
  });

  it.each([
    ['a reboot', () => machine.reboot()],
    ['a power cut', () => machine.powerCycle()],
  ])('is back on air by itself after %s', async (_, again) => {
    await onAir();
    await service.systemctl('enable', UNIT);
    const before = await session();
    await again();
    await service.live('on air again');
    expect(before.closedAtMs).not.toBeNull();
    expect(await session()).not.toBe(before);
    expect(await service.property('ActiveState', OFF_AIR_UNIT)).toBe('active');
  });

  it('runs beside others of other names, each stopped for itself', { tags: 'long' }, async () => {
    await onAir();
    const other = 'stream-controller@night.service';
    await service.configure('/etc/stream-controller/night', {
      STREAM_CONTROLLER_PORT: '8001',
      YOUTUBE_STREAM_KEY: 'night-key-0123456789',
    });
    await service.systemctl('start', other);
    await service.live('the other on air', () => true, 8001);
    const night = await session('night-key-0123456789');
    const day = await session();
    await service.systemctl('stop', other);
    await eventually(() => expect(night.closedAtMs).not.toBeNull(), {
      timeoutMs: 45_000,
      what: 'the end of the other',
    });
    await service.live('on air as before');
    expect(await session()).toBe(day);
  });

  it(
    'follows a git branch: a valid commit goes on air, a broken one is told and changes nothing',
    { tags: 'long' },
    async () => {
      await onAir();
      const access = '/root/access';
      const commit = async (subject: string): Promise<void> => {
        await machine.runOk(['git', '-C', access, 'add', '--all']);
        const identity = ['-c', 'user.name=Operator', '-c', 'user.email=operator@example.org'];
        await machine.runOk(['git', ...identity, '-C', access, 'commit', '--quiet', '-m', subject]);
        await machine.runOk(['git', '-C', access, 'push', '--quiet', 'origin', 'HEAD:main']);
      };
      // The remote is a directory here, used by two users.
      await machine.runOk(['git', 'config', '--system', '--add', 'safe.directory', '/srv/channel.git']);
      await machine.runOk(['git', 'init', '--quiet', '--bare', '--initial-branch=main', '/srv/channel.git']);
      await machine.runOk(['git', 'clone', '--quiet', '/srv/channel.git', access]);
      await machine.runOk(['cp', '/etc/stream-controller/desired.yaml', access]);
      machine.write(`${access}/.gitignore`, '.env\n');
      await commit('as it was');

      await unnoticed(
        async () => {
          // As docs/gitops.md has it.
          await inConfigDir(
            'git init --quiet --initial-branch=main',
            'git remote add origin /srv/channel.git',
            'git fetch --quiet origin',
            'rm -f desired.yaml',
            'git checkout --quiet --track origin/main',
            'chown -R stream:stream .',
          );
          await service.systemctl('start', PULL_UNIT);
        },
        () => service.live('on air as before', ({ desired }) => desired.file === 'ok'),
      );

      await machine.runOk(['sed', '-i', 's/bitrate: .*/bitrate: 900k/', `${access}/desired.yaml`]);
      await commit('a little better');
      const sum = (await machine.runOk(['sha256sum', `${access}/desired.yaml`])).slice(0, 12);
      await service.systemctl('enable', '--now', 'stream-controller-pull.timer');
      await service.live('the commit on air', ({ desired, applied }) => desired.hash === sum && applied.hash === sum);
      await service.systemctl('disable', '--now', 'stream-controller-pull.timer');

      await machine.runOk(['sed', '-i', 's/running: .*/running: maybe/', `${access}/desired.yaml`]);
      await commit('a slip');
      await unnoticed(
        async () => {
          expect((await machine.run(['systemctl', 'start', PULL_UNIT])).code).not.toBe(0);
        },
        () => service.live('on air', ({ desired }) => desired.hash === sum && desired.file === 'ok'),
      );
      const errors = (await service.journal(`--unit=${PULL_UNIT}`, '--priority=err')).map(({ text }) => text);
      expect(errors).toContainEqual(
        expect.stringMatching(/\(a slip\) is not taken: desired\.yaml:1:10: running: found "maybe"/),
      );
    },
  );

  it('goes off air at a stop, gracefully, and leaves nothing', async () => {
    await onAir();
    const publishing = await session();
    await service.systemctl('stop', UNIT);
    await offAir();
    expect(publishing.closedAtMs).not.toBeNull();
    expect(await service.property('Result')).toBe('success');
  });

  it('hangs, and is replaced while the stream plays on', async () => {
    // It reads how often it is asked when it starts.
    await service.systemctl('stop', UNIT);
    await service.override('WatchdogSec=6');
    try {
      await onAir();
      const daemon = await mainPid();
      await unnoticed(
        () => service.signal('STOP'),
        async () => {
          await anotherDaemon(daemon);
          return service.live('adopted');
        },
      );
      const words = (await service.journal(`--unit=${UNIT}`)).map(({ text }) => text);
      expect(words).toContainEqual(expect.stringContaining('Watchdog timeout'));
    } finally {
      await service.override();
    }
  });

  it('leaves nothing either when it is stopped while its daemon is dead', { tags: 'long' }, async () => {
    await onAir();
    await service.override('RestartSec=60');
    try {
      await service.signal('KILL');
      await eventually(async () => expect(await service.property('SubState')).toBe('auto-restart'), {
        what: 'its death',
      });
      await session();
      await service.systemctl('stop', UNIT);
      await offAir();
    } finally {
      await service.override();
    }
  });

  it('leaves nothing either when it is stopped after its daemon has failed for good', { tags: 'long' }, async () => {
    await onAir();
    const env = '/etc/stream-controller/.env';
    await machine.runOk(['cp', '-p', env, `${env}.good`]);
    try {
      await machine.runOk(['sed', '-i', '$ a STREAM_CONTROLLER_PORT=x', env]);
      await service.signal('KILL');
      await eventually(async () => expect(await service.property('ActiveState')).toBe('failed'), {
        timeoutMs: 45_000,
        what: 'the refusal',
      });
      await session();
      await service.systemctl('stop', UNIT);
      await offAir();
    } finally {
      await machine.runOk(['mv', `${env}.good`, env]);
      await service.systemctl('reset-failed', UNIT);
    }
  });
});

/** Runs these lines of shell in the configuration directory, as root. */
async function inConfigDir(...lines: readonly string[]): Promise<void> {
  await machine.runOk(['sh', '-c', ['set -e', 'cd /etc/stream-controller', ...lines].join('\n')]);
}
