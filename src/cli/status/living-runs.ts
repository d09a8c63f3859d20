import { z } from 'zod';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseProcLocks } from '../../observe/processes/gate.ts';
import { type MarkedProcess, ProcessTable } from '../../observe/processes/table.ts';
import { absent, known, type Observed, unknown } from '../../reconcile/model/observed.ts';
import { STATE_FILES, stateIdOf } from '../../state/files.ts';
import { isSameBoot } from '../../state/memory-file.ts';
import { readBoot } from '../../system/boot.ts';
import { readProc } from '../../system/proc.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import { errorCode } from '../../system/errors.ts';
import { type LastWord, readLastWord } from '../../state/last-word.ts';
import { parseJson, readText } from '../../system/json.ts';

/** What can be told without a daemon: which processes of this state directory are alive. */
export interface LivingRuns {
  readonly uplink: { readonly pid: number; readonly frozen: boolean } | null;
  /** null = none is on air, or that cannot be seen, which the message says. `item`: key; null = the slate, or not known. */
  readonly playout: { readonly pid: number; readonly item: string | null } | null;
  /** Every process could be seen, and none of them is of the stream. */
  readonly isEmpty: boolean;
  /** Whether the stream plays on, for people; one sentence. */
  readonly message: string;
  /** What the last daemon said before it went; null when that cannot be read. */
  readonly lastWord: string | null;
}

/** Looks at the state directory and `/proc`; never throws. */
export function findLivingRuns(stateDir: string, nowMs: number): LivingRuns {
  const nothing = { uplink: null, playout: null, isEmpty: false, lastWord: null };
  let root: string;
  try {
    root = realpathSync(stateDir);
  } catch (error) {
    const code = errorCode(error, '');
    const why =
      code === 'ENOENT'
        ? 'there is no state directory: no daemon ran with this configuration'
        : `the state directory cannot be read (${code})`;
    return { ...nothing, isEmpty: code === 'ENOENT', message: why };
  }
  const table = new ProcessTable(stateIdOf(root)).read(0, true);
  if (table.kind !== 'known') {
    const why = table.kind === 'unknown' ? table.why : 'no processes';
    return { ...nothing, message: `whether the stream plays on cannot be seen: ${why}` };
  }
  const uplink = table.value.find(({ marker, pid, sid }) => marker.role === 'uplink' && pid === sid) ?? null;
  const holder = holderAmong(table.value);
  const found = {
    uplink: uplink === null ? null : { pid: uplink.pid, frozen: uplink.frozen },
    playout: holder.kind === 'known' ? { pid: holder.value.pid, item: itemOf(holder.value) } : null,
  };
  const hidden = uplink === null ? hiddenPid(root) : null;
  const message =
    hidden === null
      ? describe(found, holder.kind === 'unknown' ? holder.why : null)
      : `process ${String(hidden)} may be the uplink, but belongs to another user: ask as that user, or with sudo`;
  return { ...found, isEmpty: table.value.length === 0 && hidden === null, message, lastWord: lastWordOf(root, nowMs) };
}

/** `unseen`: why it cannot be seen which playout is on air; null = it can. */
function describe({ uplink, playout }: Pick<LivingRuns, 'uplink' | 'playout'>, unseen: string | null): string {
  const plays = unseen === null ? playoutText(playout) : `which playout is on air cannot be seen: ${unseen}`;
  if (uplink === null)
    return plays === null ? 'nothing of the stream runs' : `there is no uplink, so nothing is sent; ${plays}`;
  if (uplink.frozen) return `the uplink, pid ${String(uplink.pid)}, is stopped by a signal: nothing is sent`;
  if (plays === null) return `the uplink runs without the daemon, pid ${String(uplink.pid)}, but no playout feeds it`;
  return unseen === null
    ? `the stream plays on without the daemon: uplink pid ${String(uplink.pid)}, ${plays}`
    : `the uplink runs without the daemon, pid ${String(uplink.pid)}; ${plays}`;
}

function playoutText(playout: LivingRuns['playout']): string | null {
  if (playout === null) return null;
  return `playout pid ${String(playout.pid)}${playout.item === null ? '' : ` (${printable(playout.item)})`}`;
}

/** The process of the run on air; null = nothing is on air, or it cannot be seen. */
export function runOnAir(stateDir: string): MarkedProcess | null {
  try {
    const table = new ProcessTable(stateIdOf(realpathSync(stateDir))).read(0, true);
    const holder = table.kind === 'known' ? holderAmong(table.value) : table;
    return holder.kind === 'known' ? holder.value : null;
  } catch {
    return null;
  }
}

/** The FFmpeg whose gate holds the lock; or the gate itself, which may still pass bytes on when its FFmpeg has ended. */
function holderAmong(processes: readonly MarkedProcess[]): Observed<MarkedProcess> {
  const playouts = processes.filter(({ marker }) => marker.role === 'playout');
  const gates = playouts.filter(({ pid, sid }) => pid !== sid);
  if (gates.length === 0) return absent;
  const locks = readProc('/proc/locks');
  if (locks.kind !== 'text') return unknown(locks.kind === 'refused' ? locks.why : 'there is no /proc/locks');
  const { holders } = parseProcLocks(locks.text, new Set(gates.map(({ pid }) => pid)));
  const gate = gates.find(({ pid }) => holders.includes(pid)) ?? null;
  if (gate === null) return absent;
  return known(playouts.find(({ pid, sid, marker }) => pid === sid && marker.runId === gate.marker.runId) ?? gate);
}

/** The key in a record of any version; null = the slate, or the record names none. */
const itemOf = ({ recordText }: MarkedProcess): string | null =>
  itemSchema.safeParse(parseJson(recordText ?? '')).data?.key ?? null;
const itemSchema = z.object({ key: z.string() });

/** The PID of the uplink's PID file, if it is of this boot and the process lives but may not be looked into by this user. */
function hiddenPid(stateDir: string): number | null {
  if (isOfAnotherBoot(readLastWord(stateDir))) return null;
  const pid = Number(readText(join(stateDir, STATE_FILES.uplinkPid)) ?? '');
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return readProc(`/proc/${String(pid)}/environ`).kind === 'refused' ? pid : null;
}

function isOfAnotherBoot({ bootId, namespaceStartTicks }: LastWord): boolean {
  if (bootId === null) return false;
  try {
    return !isSameBoot({ bootId, namespaceStartTicks }, readBoot());
  } catch {
    return false;
  }
}

function lastWordOf(stateDir: string, nowMs: number): string | null {
  const { status, reason, lastHealthCheck: at } = readLastWord(stateDir);
  if (status === null || reason === null || at === null) return null;
  return printable(`the daemon's last word, ${duration(nowMs - Date.parse(at))} ago: ${status} ${reason}`);
}
