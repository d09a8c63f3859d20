import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { runTool, runToolOk, type ToolOptions, type ToolResult } from '../fixtures/run-tool.ts';
import { isAlive, makeWorkspace, type ProcessEntry, processTree, type Workspace } from '../fixtures/workspace.ts';

export interface MachineOptions {
  /**
   * Root filesystem of the machine, never written to: a directory with a distribution that has systemd. Default: the
   * one `TEST_MACHINE_ROOT` names, or `/`.
   */
  readonly lower?: string;
  /** Directories of this host to be seen in the machine, read-only: by their place there. */
  readonly shares?: Readonly<Record<string, string>>;
}

/**
 * A machine of its own with systemd as PID 1, in namespaces: processes, files, network and cgroups are apart from the
 * host's. What it writes lies in memory and outlives its reboots; nothing is left of it after `close`, or when this
 * process dies.
 */
export interface Machine {
  /** The machine's address, and that of this host as the machine sees it; nothing else is to be reached from there. */
  readonly address: string;
  readonly hostAddress: string;
  /** Runs a command in the machine, as root, with a minimal environment and no input; SIGKILL after `timeoutMs` (60 s). */
  run(argv: readonly string[], options?: ToolOptions): Promise<ToolResult>;
  /** As `run`, and throws with what it said unless the exit code is 0; answers with its stdout. */
  runOk(argv: readonly string[], options?: ToolOptions): Promise<string>;
  /** Where this host finds a file of the running machine; absolute links on the way would lead to the host's own. */
  path(inside: string): string;
  /** Writes a file in the machine, and the directories it needs. */
  write(inside: string, text: string, mode?: number): void;
  /** What runs in the machine, PID 1 first; the PIDs are those of this host. */
  processes(): readonly ProcessEntry[];
  /** `systemctl reboot`, and waits until the machine is up again. */
  reboot(): Promise<void>;
  /** Ends everything in it at once, as when the power fails, and boots again. */
  powerCycle(): Promise<void>;
  /** Ends the machine. Safe to call twice. */
  close(): Promise<void>;
}

const SCRIPT = join(import.meta.dirname, 'machine.sh');
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LANG=C.UTF-8',
  'TERM=dumb',
  'SYSTEMD_PAGER=',
  'SYSTEMD_COLORS=0',
];
const UP_WITHIN_MS = 60_000;
const DOWN_WITHIN_MS = 60_000;

/**
 * Boots a machine and waits until systemd says that it is up. Throws, with what to do, where this host cannot: it takes
 * root, with the right to make namespaces and mounts.
 */
export async function bootMachine(options: MachineOptions = {}): Promise<Machine> {
  const { lower = process.env['TEST_MACHINE_ROOT'] ?? '/', shares = {} } = options;
  if (process.getuid?.() !== 0)
    throw new Error('a test machine needs root: namespaces, mounts and cgroups are its own');
  if (!existsSync(join(lower, 'lib/systemd/systemd'))) {
    throw new Error(`a test machine needs systemd in ${lower}: sudo sh deploy/scripts/ensure.sh packages test`);
  }
  const workspace = makeWorkspace();
  const dir = join(workspace.dir, 'machine');
  mkdirSync(dir);
  const binds = Object.entries(shares).flatMap(([target, share]) => [share, target]);
  // It lives until its stdin ends: at the latest when this process does.
  const room = spawn('unshare', ['-m', '-n', '--propagation', 'private', 'sh', SCRIPT, 'room', dir, lower, ...binds], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const machine = new NamespacedMachine(workspace, dir, room);
  try {
    await roomIsReady(room);
    await machine.plugIn();
    await machine.boot();
  } catch (error) {
    await machine.close();
    throw error;
  }
  return machine;
}

class NamespacedMachine implements Machine {
  readonly address: string;
  readonly hostAddress: string;
  readonly #workspace: Workspace;
  readonly #dir: string;
  readonly #room: ChildProcess;
  readonly #link = `tm${randomBytes(5).toString('hex')}`;
  readonly #cgroup: string;
  #boot: { readonly exited: Promise<number | null>; readonly initPid: number } | null = null;
  #console = '';

  constructor(workspace: Workspace, dir: string, room: ChildProcess) {
    this.#workspace = workspace;
    this.#dir = dir;
    this.#room = room;
    const net = `10.${randomInt(200, 250)}.${randomInt(0, 256)}`;
    const first = randomInt(0, 63) * 4;
    this.hostAddress = `${net}.${first + 1}`;
    this.address = `${net}.${first + 2}`;
    const ours = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (ours === undefined) throw new Error('a test machine needs a kernel with cgroup v2');
    this.#cgroup = join(ours, `test-machine-${this.#link}`);
  }

  /** A cable between the machine and this host; it goes with the machine's network namespace. */
  async plugIn(): Promise<void> {
    const inside = ['nsenter', '-t', String(this.#room.pid), '-n', 'ip'];
    const ip = (...args: readonly string[]): Promise<unknown> => runToolOk('ip', args);
    const ipInside = (...args: readonly string[]): Promise<unknown> =>
      runToolOk('nsenter', [...inside.slice(1), ...args]);
    await ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.#room.pid));
    await ip('address', 'add', `${this.hostAddress}/30`, 'dev', this.#link);
    await ip('link', 'set', this.#link, 'up');
    await ipInside('address', 'add', `${this.address}/30`, 'dev', 'eth0');
    await ipInside('link', 'set', 'eth0', 'up');
  }

  async boot(): Promise<void> {
    const enter = ['nsenter', '-t', String(this.#room.pid), '-m', '-n', 'sh', SCRIPT, 'boot', this.#dir, this.#cgroup];
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...enter], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (text: string): void => void (this.#console = (this.#console + text).slice(-20_000));
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    const { pid } = child;
    if (pid === undefined) throw new Error('a test machine needs setpriv, of util-linux');
    let ended = false;
    void exited.then(() => (ended = true));
    const unlessEnded = <T>(check: () => T | Promise<T>, what: string): Promise<T> =>
      eventually(async () => ({ value: ended ? null : await check() }), { timeoutMs: UP_WITHIN_MS, what }).then(
        ({ value }) => {
          if (value === null) throw new Error(`the test machine did not boot; its console:\n${this.#console}`);
          return value;
        },
      );
    try {
      const initPid = await unlessEnded(() => {
        const init = processTree(pid).find(({ parentPid, command }) => parentPid === pid && /systemd/.test(command));
        if (init === undefined) throw new Error('systemd does not run yet');
        return init.pid;
      }, 'systemd as PID 1 of the test machine');
      this.#boot = { exited, initPid };
      await unlessEnded(async () => {
        const { stdout, stderr } = await this.run(['systemctl', 'is-system-running']);
        const state = stdout.toString().trim();
        if (state !== 'running' && state !== 'degraded') throw new Error(`it says: ${state} ${stderr.trim()}`);
        return state;
      }, 'the test machine to be up');
    } catch (error) {
      child.kill('SIGKILL');
      await exited;
      throw error;
    }
  }

  run(argv: readonly string[], options: ToolOptions = {}): Promise<ToolResult> {
    const enter = ['-t', String(this.#up().initPid), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w', '--'];
    return runTool('nsenter', [...enter, 'env', '-i', ...ENVIRONMENT, ...argv], options);
  }

  async runOk(argv: readonly string[], options: ToolOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv, options);
    const text = stdout.toString();
    if (code !== 0) throw new Error(`in the machine, ${argv.join(' ')} exited ${code}: ${stderr.trim()}\n${text}`);
    return text;
  }

  path(inside: string): string {
    return `/proc/${this.#up().initPid}/root${inside}`;
  }

  write(inside: string, text: string, mode = 0o644): void {
    const path = this.path(inside);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
  }

  processes(): readonly ProcessEntry[] {
    return processTree(this.#up().initPid);
  }

  async reboot(): Promise<void> {
    const { exited } = this.#up();
    // It may be gone before it can answer.
    await this.run(['systemctl', 'reboot', '--no-wall']);
    await this.#ended(exited);
    await this.boot();
  }

  async powerCycle(): Promise<void> {
    await this.#cutPower();
    await this.boot();
  }

  async close(): Promise<void> {
    await this.#cutPower();
    this.#room.stdin?.end();
    if (this.#room.exitCode === null && this.#room.signalCode === null) {
      await new Promise((resolve) => this.#room.once('close', resolve));
    }
    await eventually(() => removeCgroup(this.#cgroup), { what: 'the cgroup of the test machine to be empty' });
    await this.#workspace.cleanup();
  }

  async #cutPower(): Promise<void> {
    const boot = this.#boot;
    if (boot === null) return;
    if (isAlive(boot.initPid)) process.kill(boot.initPid, 'SIGKILL');
    await this.#ended(boot.exited);
  }

  async #ended(exited: Promise<number | null>): Promise<void> {
    let ended = false;
    void exited.then(() => (ended = true));
    await eventually(
      () => {
        if (!ended) throw new Error('it runs');
      },
      { timeoutMs: DOWN_WITHIN_MS, what: 'the test machine to be down' },
    );
    this.#boot = null;
  }

  #up(): { readonly exited: Promise<number | null>; readonly initPid: number } {
    if (this.#boot === null) throw new Error('the test machine is not up');
    return this.#boot;
  }
}

async function roomIsReady(room: ChildProcess): Promise<void> {
  let said = '';
  let complaint = '';
  room.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
  room.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = new Promise<string>((resolve) => {
    room.once('error', (error) => resolve(error.message));
    room.once('close', () => resolve(complaint.trim()));
  });
  const ready = eventually(
    () => {
      if (!said.includes('ready')) throw new Error(complaint.trim());
      return null;
    },
    { timeoutMs: 20_000, what: 'the namespaces of the test machine' },
  );
  const failure = await Promise.race([ended, ready]);
  if (failure === null) return;
  ready.catch(() => undefined);
  throw new Error(
    `this host cannot make a test machine: ${failure}\n` +
      'It takes root with CAP_SYS_ADMIN and CAP_NET_ADMIN, overlayfs, cgroup v2 and veth (in a container: --privileged).',
  );
}

/** cgroup v2 may be mounted in either of two places, or in none that is ours to see: then it goes with its namespace. */
function removeCgroup(cgroup: string): void {
  for (const mount of ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']) {
    const dir = join(mount, cgroup);
    if (existsSync(join(mount, 'cgroup.procs')) && existsSync(dir)) removeGroups(dir);
  }
}

function removeGroups(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(dir, entry.name));
  }
  rmdirSync(dir);
}
