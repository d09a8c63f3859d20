import type { Pause } from './ingest-ledger.ts';
import type { Footprint } from './supervisor.ts';

/** What a soak measured; times in milliseconds. */
export interface SoakFigures {
  readonly minutes: number;
  readonly seed: number;
  readonly strikes: readonly {
    readonly name: string;
    readonly atMs: number;
    /** From the end of the fault to `live`; null = not within the limit. */
    readonly recoveryMs: number | null;
  }[];
  readonly sessions: number;
  readonly mostPublishers: number;
  readonly pauses: readonly Pause[];
  readonly steps: readonly Pause[];
  readonly offAirMs: number;
  readonly frames: number;
  readonly worstOffsetMs: number;
  readonly silentAtEndMs: number;
  readonly statusAtEnd: string;
  readonly restarts: number;
  readonly daemonStarts: number;
  readonly daemonExits: readonly string[];
  readonly footprints: { readonly first: Footprint; readonly last: Footprint };
  readonly stateBytes: { readonly most: number; readonly last: number };
  /** Processes of ours beside the daemon. */
  readonly processesAtEnd: number;
}

const MOST_SILENT_MS = 3_000;
const MOST_GROWTH = 1.5;
const MOST_MORE_FDS = 10;
const MOST_STATE_BYTES = 20_000_000;
/** One uplink, and two playouts with a gate each. */
const MOST_PROCESSES = 5;
const MOST_OFFSET_MS = 1_000;

/** Promises the run broke, one line each; empty for a good one. */
export function brokenPromises(figures: SoakFigures): string[] {
  const { footprints, stateBytes, strikes } = figures;
  const { first, last } = footprints;
  const broken: [boolean, string][] = [
    [figures.mostPublishers > 1, `${figures.mostPublishers} publishers at once`],
    [figures.statusAtEnd !== 'live', `status at the end: ${figures.statusAtEnd}`],
    [figures.silentAtEndMs > MOST_SILENT_MS, `nothing arrived in the last ${seconds(figures.silentAtEndMs)}`],
    [last.rssKb > first.rssKb * MOST_GROWTH, `the daemon grew from ${first.rssKb} to ${last.rssKb} kB`],
    [last.fds > first.fds + MOST_MORE_FDS, `descriptors grew from ${first.fds} to ${last.fds}`],
    [stateBytes.most > MOST_STATE_BYTES, `the state directory had ${stateBytes.most} bytes`],
    [figures.processesAtEnd > MOST_PROCESSES, `${figures.processesAtEnd} processes at the end`],
    [figures.worstOffsetMs > MOST_OFFSET_MS, `sound and picture ${seconds(figures.worstOffsetMs)} apart`],
    ...strikes
      .filter(({ recoveryMs }) => recoveryMs === null)
      .map(({ name, atMs }): [boolean, string] => [true, `not live again after "${name}" at ${seconds(atMs)}`]),
  ];
  return broken.filter(([isBroken]) => isBroken).map(([, text]) => text);
}

/** `3 times SIGKILL, once exit 75`. */
const counted = (words: readonly string[]): string =>
  [...Map.groupBy(words, (word) => word)]
    .map(([word, { length }]) => `${length === 1 ? 'once' : `${length} times`} ${word}`)
    .join(', ');

/** The figures for people, as Markdown. */
export function soakReport(figures: SoakFigures): string {
  const { footprints, stateBytes, strikes, pauses, steps, minutes } = figures;
  const broken = brokenPromises(figures);
  const unprovoked = pauses.filter(({ during }) => during === 'nothing');
  const share = (100 * figures.offAirMs) / (minutes * 60_000);
  const facts: [string, string][] = [
    ['length, seed', `${minutes} min, ${figures.seed}`],
    ['faults', String(strikes.length)],
    ['frames', String(figures.frames)],
    ['sessions', `${figures.sessions}, at most ${figures.mostPublishers} at a time`],
    [
      'pauses over 1 s',
      `${pauses.length}, ${seconds(figures.offAirMs)} in all (${share.toFixed(2)} %), longest ${longest(pauses)}`,
    ],
    ['pauses over 1 s without a fault', `${unprovoked.length}, longest ${longest(unprovoked)}`],
    ['steps over 0.5 s, or back, in media time', `${steps.length}, longest ${longest(steps)}`],
    ['sound and picture apart at most', seconds(figures.worstOffsetMs)],
    ['restarts counted', String(figures.restarts)],
    ['starts of the daemon', `${figures.daemonStarts} (ended by ${counted(figures.daemonExits) || 'nothing'})`],
    ['daemon memory', `${footprints.first.rssKb} kB, at the end ${footprints.last.rssKb} kB`],
    ['daemon descriptors', `${footprints.first.fds}, at the end ${footprints.last.fds}`],
    ['state directory', `${stateBytes.last} bytes, at most ${stateBytes.most}`],
    ['status at the end', figures.statusAtEnd],
  ];
  return [
    '# Soak',
    '',
    '| | |',
    '| --- | --- |',
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| Fault | Times | Live again after, longest | Pause at the ingest, longest |',
    '| --- | --- | --- | --- |',
    ...perFault(figures),
    '',
    broken.length === 0
      ? 'Every promise was kept.'
      : `Broken promises:\n\n${broken.map((text) => `- ${text}`).join('\n')}`,
    '',
  ].join('\n');
}

function perFault({ strikes, pauses }: SoakFigures): string[] {
  return [...Map.groupBy(strikes, ({ name }) => name)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hits]) => {
      const slowest = Math.max(...hits.map(({ recoveryMs }) => recoveryMs ?? Infinity));
      const here = pauses.filter(({ during }) => during === name);
      return `| ${name} | ${hits.length} | ${Number.isFinite(slowest) ? seconds(slowest) : 'never'} | ${longest(here)} |`;
    });
}

const longest = (pauses: readonly Pause[]): string =>
  pauses.length === 0 ? '0 s' : seconds(Math.max(...pauses.map(({ lengthMs }) => Math.abs(lengthMs))));

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
