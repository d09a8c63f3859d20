import { type HistoryLine, isPlanned } from './line.ts';

/** From `fromMs` until before `toMs`, wall milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Off air, between two stretches or after the last. */
export interface Gap extends Span {
  readonly reason: string;
  readonly why: string | null;
  /** On purpose. */
  readonly planned: boolean;
}

interface Timeline {
  /** When the history begins; null = it is empty. */
  readonly sinceMs: number | null;
  /** On air; in order, without overlaps. */
  readonly stretches: readonly Span[];
  /** Off air; in order. A gap is divided where it turns from planned to not planned, or back. */
  readonly gaps: readonly Gap[];
  readonly counts: readonly TrafficCount[];
}

/** Bytes counted within the span. */
export interface TrafficCount extends Span {
  readonly sentBytes: number;
  readonly fetchedBytes: number;
}

/** The timeline of these lines. `openUntilMs`: the end of a stretch that no off-air line has ended. */
export function timelineOf(lines: readonly HistoryLine[], openUntilMs: number, nowMs: number): Timeline {
  const placed = inTime(lines);
  const [first] = placed;
  if (first === undefined) return { sinceMs: null, stretches: [], gaps: [], counts: [] };
  const found: Span[] = [];
  const ends: Gap[] = [];
  let sinceMs: number | null = null;
  for (const { line, atMs } of placed) {
    if (line.event !== 'off-air') {
      sinceMs ??= atMs;
      continue;
    }
    const endMs = atMs - (line.lastOnAirAgoMs ?? 0);
    // The stream was off air already: this line tells another reason, from when it was written.
    const fromMs = sinceMs === null ? atMs : Math.max(sinceMs, endMs);
    if (sinceMs !== null) found.push({ fromMs: sinceMs, toMs: fromMs });
    sinceMs = null;
    const { reason, why } = line;
    ends.push({ fromMs, toMs: fromMs, reason, why: why ?? null, planned: isPlanned(reason) });
  }
  if (sinceMs !== null) {
    const toMs = Math.max(sinceMs, Math.min(openUntilMs, nowMs));
    found.push({ fromMs: sinceMs, toMs });
    if (toMs < nowMs) ends.push({ fromMs: toMs, toMs, ...NOBODY });
  }
  const stretches = merged(found);
  return {
    sinceMs: Math.min(...placed.map(({ atMs }) => atMs)),
    stretches,
    gaps: gapsOf(stretches, ends, nowMs),
    counts: countsOf(placed),
  };
}

interface Placed {
  readonly line: HistoryLine;
  readonly atMs: number;
}

/**
 * Gives each line its moment. Lines of one boot are placed by their time since boot, and the boot by the wall clock of its
 * last line: a clock that was set meanwhile was set right. Lines of earlier versions have their own wall time alone.
 */
function inTime(lines: readonly HistoryLine[]): readonly Placed[] {
  const bootedAtMs = new Map<string, number>();
  for (const { at, boot, uptimeMs } of lines) {
    if (boot !== undefined && uptimeMs !== undefined) bootedAtMs.set(boot, Date.parse(at) - uptimeMs);
  }
  return lines.map((line) => {
    const booted = line.boot === undefined ? undefined : bootedAtMs.get(line.boot);
    const atMs = booted === undefined || line.uptimeMs === undefined ? Date.parse(line.at) : booted + line.uptimeMs;
    return { line, atMs };
  });
}

/** The spans in order, without overlaps: where the clock was set back no moment may count twice. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans.filter(({ fromMs, toMs }) => toMs > fromMs).toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1);
    if (last !== undefined && span.fromMs <= last.toMs) {
      result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
    } else result.push(span);
  }
  return result;
}

/** The cause of a gap for which there is no line. */
const NOBODY = { reason: 'NoDaemon', why: 'service or machine are down', planned: false } as const;
const UNTOLD = { reason: 'Unknown', why: null, planned: false } as const;

function gapsOf(stretches: readonly Span[], ends: readonly Gap[], untilMs: number): readonly Gap[] {
  const marks = ends.toSorted((a, b) => a.fromMs - b.fromMs);
  const first = stretches[0]?.fromMs ?? Infinity;
  const lead = marks[0] !== undefined && marks[0].fromMs < first ? [{ fromMs: marks[0].fromMs, toMs: first }] : [];
  const holes = [
    ...lead,
    ...stretches.map(({ toMs }, index) => ({ fromMs: toMs, toMs: stretches[index + 1]?.fromMs ?? untilMs })),
  ].map((hole) => ({ ...hole, toMs: Math.min(hole.toMs, untilMs) }));
  let next = 0;
  return holes.flatMap((hole) => {
    if (hole.toMs <= hole.fromMs) return [];
    const inside: Gap[] = [];
    for (let mark = marks[next]; mark !== undefined && mark.fromMs < hole.toMs; mark = marks[++next]) {
      if (mark.fromMs >= hole.fromMs) inside.push(mark);
    }
    const [begin] = inside;
    const causes = begin?.fromMs === hole.fromMs ? inside : [{ ...hole, ...UNTOLD }, ...inside];
    return causes
      .map((cause, index) => ({ ...cause, toMs: causes[index + 1]?.fromMs ?? hole.toMs }))
      .filter(({ fromMs, toMs }) => toMs > fromMs);
  });
}

function countsOf(placed: readonly Placed[]): readonly TrafficCount[] {
  return placed.flatMap(({ line, atMs }, index) => {
    const { sentBytes, fetchedBytes } = line;
    if (sentBytes === undefined || fetchedBytes === undefined) return [];
    const fromMs = Math.min(placed[index - 1]?.atMs ?? atMs, atMs);
    return [{ fromMs, toMs: atMs, sentBytes, fetchedBytes }];
  });
}

/** How many milliseconds of the spans lie within one. */
export const within = (spans: readonly Span[], { fromMs, toMs }: Span): number =>
  spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)), 0);

/** The parts of the spans that lie within one. */
export const clippedTo = <T extends Span>(spans: readonly T[], { fromMs, toMs }: Span): readonly T[] =>
  spans
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) }))
    .filter((span) => span.toMs > span.fromMs);
