import { copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../deploy/package/build.ts';
import type { HealthBody } from '../../src/health/body.ts';
import { eventually } from '../fixtures/eventually.ts';
import { STAGE_SIZE, stageMedia } from '../fixtures/stage-media.ts';
import type { RtmpSink } from '../fixtures/rtmp-sink.ts';
import type { ProcessEntry } from '../fixtures/workspace.ts';
import type { Machine } from './machine.ts';
import { readJson, repositoryRoot } from '../tooling/repository.ts';

/** Where a machine is to see the directory of the releases. */
export const RELEASES = '/opt/stream-controller/releases';
export const UNIT = 'stream-controller.service';
export const STREAM_KEY = 'abcd-efgh-ijkl-mnop-qrst';

const UNITS = join(repositoryRoot, 'deploy/systemd');

/** Builds this checkout under another version number into `DIR/VERSION`, laid out as a release: `dist`, `deploy`, Node. */
export async function makeRelease(dir: string, version: string): Promise<void> {
  const release = join(dir, version);
  const sources = join(dir, `sources-${version}`);
  mkdirSync(join(release, 'node_modules/.bin'), { recursive: true });
  mkdirSync(sources);
  cpSync(join(repositoryRoot, 'src'), join(sources, 'src'), { recursive: true });
  const manifest = readJson('package.json') as Record<string, unknown>;
  writeFileSync(join(sources, 'package.json'), JSON.stringify({ ...manifest, version }));
  symlinkSync(join(repositoryRoot, 'node_modules'), join(sources, 'node_modules'));
  await build({ entry: join(sources, 'src/cli/streamctl.ts'), dist: join(release, 'dist'), binDir: null });
  cpSync(join(repositoryRoot, 'deploy'), join(release, 'deploy'), { recursive: true });
  copyFileSync(process.execPath, join(release, 'node_modules/.bin/node'));
}

/** The service as an operator has it, in a machine whose ingest is outside of it. */
export class Installed {
  readonly machine: Machine;
  readonly #sink: RtmpSink;

  constructor(machine: Machine, sink: RtmpSink) {
    this.machine = machine;
    this.#sink = sink;
  }

  /** The user, the units, the first release, a programme, and the stream key as a credential. */
  async install(version: string): Promise<void> {
    const { machine } = this;
    const user = [
      '--system',
      '--user-group',
      '--home-dir',
      '/var/lib/stream-controller',
      '--shell',
      '/usr/sbin/nologin',
    ];
    await machine.runOk(['useradd', ...user, 'stream']);
    await this.switchTo(version);
    for (const name of readdirSync(UNITS)) copyFileSync(join(UNITS, name), machine.path(`/etc/systemd/system/${name}`));
    mkdirSync(machine.path('/srv/media'), { recursive: true });
    // Longer than all the tests together take: at an item's end the PID that they compare changes by itself.
    const media = await stageMedia({ seconds: 300 });
    copyFileSync(media, machine.path('/srv/media/red.mp4'));
    await this.configure('/etc/stream-controller', {});
    machine.write('/etc/stream-controller-secrets/youtube_stream_key', `${STREAM_KEY}\n`, 0o600);
    const credential = [
      'LoadCredential=youtube_stream_key:/etc/stream-controller-secrets/youtube_stream_key',
      'Environment=YOUTUBE_STREAM_KEY_FILE=%d/youtube_stream_key',
    ];
    machine.write(`/etc/systemd/system/${UNIT}.d/key.conf`, ['[Service]', ...credential, ''].join('\n'));
    await machine.runOk(['systemctl', 'daemon-reload']);
  }

  /** Writes desired.yaml and .env into a configuration directory; `more` goes into .env. */
  async configure(dir: string, more: Readonly<Record<string, string>>): Promise<void> {
    const env = {
      STORAGE_PROVIDER: 'local',
      STORAGE_LOCAL_DIR: '/srv/media',
      YOUTUBE_RTMP_URL: this.#sink.url,
      // An ending that came before ten healthy seconds is no failure worth waiting for here.
      WORKER_RETRY_DELAY: '0.5',
      WORKER_MAX_RETRIES: '0',
      ...more,
    };
    const lines = (entries: object, between: string): string =>
      Object.entries(entries)
        .map(([name, value]) => `${name}${between}${String(value)}\n`)
        .join('');
    const desired = { running: true, media: 'red.mp4', bitrate: '800k', resolution: STAGE_SIZE };
    this.machine.write(`${dir}/desired.yaml`, lines(desired, ': '));
    this.machine.write(`${dir}/.env`, lines(env, '='), 0o600);
    await this.machine.runOk(['chown', 'stream:stream', `${dir}/.env`]);
  }

  /** Points `current` at a release, in one step. */
  async switchTo(version: string): Promise<void> {
    await this.machine.runOk(['ln', '-sfn', `releases/${version}`, '/opt/stream-controller/next']);
    await this.machine.runOk(['mv', '-T', '/opt/stream-controller/next', '/opt/stream-controller/current']);
  }

  /** Settings for this boot that go before those of the unit; none = the unit's own again. */
  async override(...settings: readonly string[]): Promise<void> {
    const place = `/run/systemd/system/${UNIT}.d/zz-test.conf`;
    if (settings.length === 0) await this.machine.runOk(['rm', '-f', place]);
    else this.machine.write(place, ['[Service]', ...settings, ''].join('\n'));
    await this.machine.runOk(['systemctl', 'daemon-reload']);
  }

  systemctl(...args: readonly string[]): Promise<string> {
    return this.machine.runOk(['systemctl', ...args]);
  }

  /** A property of the unit, as `systemctl show` has it. */
  async property(name: string, unit = UNIT): Promise<string> {
    return (await this.systemctl('show', '--value', `--property=${name}`, unit)).trim();
  }

  /** Signals the daemon alone. */
  async signal(signal: string): Promise<void> {
    await this.systemctl('kill', '--kill-whom=main', `--signal=${signal}`, UNIT);
  }

  async health(port = 8000): Promise<HealthBody> {
    const text = await this.machine.runOk(['curl', '-sS', '--max-time', '5', `http://127.0.0.1:${port}/health`]);
    return JSON.parse(text) as HealthBody;
  }

  live(what: string, check: (report: HealthBody) => boolean = () => true, port = 8000): Promise<HealthBody> {
    return eventually(
      async () => {
        const report = await this.health(port);
        if (report.status === 'live' && report.playout !== null && check(report)) return report;
        throw new Error(`/health says ${report.status} ${report.reason}: ${report.message} (${report.version})`);
      },
      { timeoutMs: 80_000, everyMs: 400, what },
    );
  }

  /** Messages of the journal, oldest first, with their priority. */
  async journal(
    ...filter: readonly string[]
  ): Promise<readonly { readonly priority: number; readonly text: string }[]> {
    const text = await this.machine.runOk(['journalctl', '--output=json', '--no-pager', ...filter]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { PRIORITY: string; MESSAGE: string })
      .map(({ PRIORITY, MESSAGE }) => ({ priority: Number(PRIORITY), text: MESSAGE }));
  }

  /** What the service consists of now: the daemon, FFmpegs, and what passes their bytes on. PIDs are this host's. */
  processes(): readonly ProcessEntry[] {
    return this.machine.processes().filter(({ command }) => /streamctl\.js run|ffmpeg|flock|^cat$/.test(command));
  }
}
