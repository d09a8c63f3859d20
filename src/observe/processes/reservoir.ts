import type { PlayoutRecord, Progress, Reservoir } from '../../reconcile/model/run.ts';
import { reservoirBytes } from '../../reconcile/runs/reservoir.ts';
import { readProcessIo } from './io.ts';
import type { MarkedProcess } from './table.ts';

/** The name of the program, as the kernel has it. */
const PROGRAM = 'mbuffer';
/** Bytes that the program reads before its input, such as libraries (8,408 measured). */
const OWN_BYTES = 8_192;

/** Whether this process of a run is its reservoir. */
export const isReservoir = ({ pid, sid, name }: MarkedProcess): boolean => pid !== sid && name === PROGRAM;

/** The reservoir among the processes of a playout; null = it has none. */
export function reservoirOf(processes: readonly MarkedProcess[], record: PlayoutRecord | null): Reservoir | null {
  const found = processes.find(isReservoir);
  if (found === undefined || record?.kind !== 'item') return null;
  const { pid, startTicks } = found;
  const io = readProcessIo(pid);
  const bytes = io === null ? null : { read: Math.max(0, io.readBytes - OWN_BYTES), written: io.writtenBytes };
  return { pid, startTicks, sizeBytes: reservoirBytes(record.rateKbps), bytes };
}

/** How many bytes a run has sent to its reservoir, also once that has nothing left and is gone; null = it never had one. */
export class SentTracker {
  #bytes: number | null = null;

  update(reservoir: Reservoir | null): number | null {
    this.#bytes = reservoir?.bytes?.read ?? this.#bytes;
    return this.#bytes;
  }
}

/** The progress of a run whose FFmpeg has ended: its last progress file, and what its reservoir has read beyond. null = it wrote nothing. */
export function withRest(
  told: Progress | null,
  reservoir: Reservoir | null,
  record: PlayoutRecord | null,
  nowMs: number,
): Progress | null {
  if (reservoir === null || reservoir.bytes === null || record?.kind !== 'item') return told;
  const { read } = reservoir.bytes;
  const restMs = Math.round((Math.max(0, read - (told?.totalBytes ?? 0)) * 8) / record.rateKbps);
  if (told !== null) return told.totalBytes === 0 ? told : { ...told, outTimeMs: told.outTimeMs + restMs };
  if (restMs === 0) return null;
  return { outTimeMs: restMs, totalBytes: read, advancedAtMs: nowMs, firstAtMs: nowMs, ended: true };
}
