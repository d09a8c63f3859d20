import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { readProc } from '../../../system/proc.ts';
import { passesOn } from '../../../observe/toolchain/mbuffer.ts';
import { askProgram, findProgram } from '../../../system/programs.ts';
import { readLastWord } from '../../../state/last-word.ts';

/** What the machine needs besides FFmpeg. */
export interface HostFacts {
  readonly node: string;
  /** Programs that runs and ffprobe are started through; null = not on PATH. */
  readonly programs: Readonly<Record<'bash' | 'flock' | 'cat' | 'nice' | 'setpriv', string | null>>;
  /** Whether the program that holds the reservoir is there, and passes on what it is given. */
  readonly mbuffer: 'works' | 'broken' | 'missing';
  /** null = it could not be asked. */
  readonly flockHelp: string | null;
  /** Files of `/proc` that cannot be read. */
  readonly hidden: readonly string[];
  readonly limits: Limits | null;
}

/** Hard limits, as Node raises its soft ones to them; null = unlimited. */
export interface Limits {
  readonly whose: string;
  readonly openFiles: number | null;
  readonly processes: number | null;
  readonly fileSizeBytes: number | null;
}

/** The version the lockfile pins. */
const NODE_MAJOR = 24;
/** For sockets of `/health`, a few files of each run, and the store's connections. */
const FEWEST_FILES = 256;
const FEW_FILES = 1024;
/** The limit counts threads, of which one FFmpeg has up to dozens. */
const FEWEST_PROCESSES = 256;
const SMALLEST_FILE_BYTES = 256 * 1024 * 1024;

export async function checkHost(situation: Situation, signal: AbortSignal): Promise<readonly Finding[]> {
  const path = situation.env['PATH'] ?? '';
  const find = (name: string): string | null => findProgram(name, path);
  const [flock, mbuffer] = [find('flock'), find('mbuffer')];
  const help = flock === null ? null : await askProgram(flock, ['--help'], signal);
  const daemonPid = await livingDaemon(situation);
  const whose = daemonPid === null ? 'this shell' : 'the daemon';
  const limits = readProc(`/proc/${daemonPid === null ? 'self' : String(daemonPid)}/limits`);
  return judgeHost({
    node: process.versions.node,
    programs: { bash: find('bash'), flock, cat: find('cat'), nice: find('nice'), setpriv: find('setpriv') },
    mbuffer: mbuffer === null ? 'missing' : passesOn(mbuffer) ? 'works' : 'broken',
    flockHelp: help === null ? null : help.stdout,
    hidden: ['/proc/locks', '/proc/self/net/tcp', '/proc/uptime'].filter((file) => readProc(file).kind !== 'text'),
    limits: limits.kind === 'text' ? parseLimits(limits.text, whose) : null,
  });
}

export function judgeHost(facts: HostFacts): readonly Finding[] {
  const { node, hidden, limits } = facts;
  return [judgeNode(node), judgeTools(facts), judgeReservoir(facts), judgeProc(hidden), judgeLimits(limits)];
}

function judgeNode(version: string): Finding {
  if (Number.parseInt(version, 10) === NODE_MAJOR) return ok('node', `Node ${version}`);
  const text = `Node ${version}; it is tried with ${String(NODE_MAJOR)}`;
  return warning('node', text, 'use "npx streamctl", which brings its own');
}

function judgeTools({ programs, flockHelp }: HostFacts): Finding {
  const missing = Object.entries(programs).flatMap(([name, path]) => (path === null ? [name] : []));
  if (missing.length > 0) {
    return failed('tools', `not on PATH: ${missing.join(', ')}`, 'apt-get install bash util-linux coreutils');
  }
  if (flockHelp !== null && !flockHelp.includes('--no-fork')) {
    return failed('tools', 'this flock has no --no-fork', 'apt-get install util-linux: flock of BusyBox will not do');
  }
  return ok('tools', 'bash, flock, cat, nice and setpriv are there');
}

function judgeReservoir({ mbuffer }: HostFacts): Finding {
  if (mbuffer === 'works') return ok('reservoir', 'mbuffer is there: 20 s of programme stand in memory');
  const what = mbuffer === 'missing' ? 'there is no mbuffer' : 'mbuffer does not pass on what it is given';
  const text = `${what}: whatever befalls FFmpeg or the store is seen on air`;
  return warning('reservoir', text, 'apt-get install mbuffer; the daemon takes it up by itself');
}

function judgeProc(hidden: readonly string[]): Finding {
  return hidden.length === 0
    ? ok('proc', '/proc can be read')
    : failed('proc', `cannot be read: ${hidden.join(', ')}`, 'mount /proc whole; in a systemd unit: no ProcSubset=pid');
}

function judgeLimits(limits: Limits | null): Finding {
  if (limits === null) return unknown('limits', 'the limits cannot be read');
  const { whose, openFiles, processes, fileSizeBytes } = limits;
  const raise = (name: string): string => `raise it: ${name} in the systemd unit, or /etc/security/limits.conf`;
  if (openFiles !== null && openFiles < FEWEST_FILES)
    return failed('limits', `${whose} may open only ${String(openFiles)} files`, raise('LimitNOFILE='));
  if (openFiles !== null && openFiles < FEW_FILES)
    return warning('limits', `${whose} may open only ${String(openFiles)} files`, raise('LimitNOFILE='));
  if (processes !== null && processes < FEWEST_PROCESSES)
    return warning('limits', `${whose} may have only ${String(processes)} processes and threads`, raise('LimitNPROC='));
  if (fileSizeBytes !== null && fileSizeBytes < SMALLEST_FILE_BYTES)
    return warning('limits', `${whose} may write files of only ${String(fileSizeBytes)} bytes`, raise('LimitFSIZE='));
  return ok('limits', `${whose}: ${openFiles === null ? 'any number of' : String(openFiles)} open files`);
}

/** Reads `/proc/PID/limits`; null = it has another form. */
export function parseLimits(text: string, whose: string): Limits | null {
  const hard = (name: string): number | null | undefined => {
    const found = new RegExp(`^${name} +\\S+ +(\\S+)`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : found === 'unlimited' ? null : Number(found);
  };
  const [openFiles, processes, fileSizeBytes] = [hard('Max open files'), hard('Max processes'), hard('Max file size')];
  if (openFiles === undefined || processes === undefined || fileSizeBytes === undefined) return null;
  return { whose, openFiles, processes, fileSizeBytes };
}

/** PID of the daemon that answers, as it wrote it in its state; null = none answers, or it is on another machine. */
async function livingDaemon({ health, stateDir }: Situation): Promise<number | null> {
  if ((await health).kind !== 'report') return null;
  const { daemonPid } = readLastWord(stateDir);
  return daemonPid !== null && readProc(`/proc/${String(daemonPid)}/limits`).kind === 'text' ? daemonPid : null;
}
