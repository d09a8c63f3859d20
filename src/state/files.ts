import { createHash } from 'node:crypto';
import type { Role } from '../reconcile/model/run.ts';

/** Names within the state directory; see "state/" in the contract. */
export const STATE_FILES = {
  state: 'stream_state.json',
  lastGood: 'desired.last-good.yaml',
  history: 'history.jsonl',
  played: 'played.jsonl',
  fifo: 'program.fifo',
  programLock: 'program.lock',
  uplinkLock: 'uplink.lock',
  uplinkPid: 'uplink.pid',
  playoutPid: 'playout.pid',
  nextPid: 'next.pid',
  toolchain: 'toolchain.json',
  probes: 'probes.json',
  youtubeToken: 'youtube-token.json',
  youtubeQuota: 'youtube-quota.json',
} as const;

/** Paths of the FIFO and the lock files. */
export interface FeedPaths {
  readonly fifo: string;
  readonly programLock: string;
  readonly uplinkLock: string;
}

/** What a run writes: its progress and its complaints. */
export const runFiles = (role: Role, runId: string): { readonly progress: string; readonly log: string } => ({
  progress: `${role}-${runId}.progress`,
  log: `${role}-${runId}.log`,
});

/** The run that writes a file of this name; null = no run does. */
export function runOfFile(name: string): { readonly role: Role; readonly runId: string } | null {
  const match = /^(uplink|playout)-([0-9a-z-]+)\.(?:progress|log)$/.exec(name);
  if (match === null) return null;
  return { role: match[1] === 'uplink' ? 'uplink' : 'playout', runId: match[2]! };
}

/** Identity of a state directory, by its real path: part of every marker, and the name of the daemon's lock. */
export const stateIdOf = (realPath: string): string => createHash('sha256').update(realPath).digest('hex').slice(0, 16);
