import type { ReadBytes } from './mp4-boxes.ts';
import { longestStepS } from '../pauses.ts';

/** How far apart the cues of a Matroska file's picture are. */
export interface CueFacts {
  /** Longest time from one cue to the next, seconds. */
  readonly maxGapS: number;
  /** The same among the cues of the first seconds, whose packets are known. */
  readonly firstGapS: number;
}

/** The head of the file holds everything but the cues, which usually come last. */
const HEAD_BYTES = 64 * 1024;
/** A film of ten hours with a key frame a second has some 36,000 cues of 20 bytes. */
const LARGEST_CUES_BYTES = 1024 * 1024;
/** At most this many elements are read: an object may be made to hold millions. */
const MOST_ELEMENTS = 65_536;
/** An element's identifier and size take at most this. */
const LARGEST_HEADER_BYTES = 12;
const DEFAULT_SCALE_NS = 1_000_000;

/** RFC 9559, section 5. */
const ID = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
} as const;

/**
 * Finds the cues of a Matroska file and reads how far apart those of this stream are; null where there are none, or the head
 * does not say where they lie. A cue is a key frame, but not every key frame need have a cue.
 */
export async function readCues(read: ReadBytes, stream: number, firstS: number): Promise<CueFacts | null> {
  const head = await read(0, HEAD_BYTES);
  const ebml = elementAt(head, 0);
  const segment = ebml?.id === ID.ebml ? elementAt(head, ebml.end) : null;
  if (segment?.id !== ID.segment) return null;
  const inSegment = elementsIn(head.subarray(segment.begin));
  const infos = childrenOf(inSegment, ID.info);
  const scaleNs = numberIn(infos, ID.timestampScale) ?? DEFAULT_SCALE_NS;
  const entry = childrenOf(inSegment, ID.tracks).filter(({ id }) => id === ID.trackEntry)[stream];
  const track = entry === undefined ? null : numberIn(elementsIn(entry.content), ID.trackNumber);
  const position = childrenOf(inSegment, ID.seekHead)
    .filter(({ id }) => id === ID.seek)
    .map(({ content }) => elementsIn(content))
    .find((fields) => numberIn(fields, ID.seekId) === ID.cues);
  const offset = position === undefined ? null : numberIn(position, ID.seekPosition);
  if (track === null || offset === null) return null;
  const at = segment.begin + offset;
  const cues = elementAt(await read(at, LARGEST_HEADER_BYTES), 0);
  if (cues?.id !== ID.cues || cues.end > LARGEST_CUES_BYTES) return null;
  const bytes = await read(at, cues.end);
  if (bytes.length < cues.end) return null;
  const cueUnits = elementsIn(bytes.subarray(cues.begin, cues.end)).flatMap((point) =>
    point.id === ID.cuePoint ? timeOf(elementsIn(point.content), track) : [],
  );
  if (cueUnits.length < 2) return null;
  const timesS = cueUnits.map((units) => (units * scaleNs) / 1e9);
  return { maxGapS: longestStepS(timesS), firstGapS: longestStepS(timesS.filter((atS) => atS <= firstS)) };
}

/** The time of a cue in units of the file's clock; nothing where it is of another track. */
function timeOf(fields: readonly Element[], track: number): number[] {
  const isOurs = childrenOf(fields, ID.cueTrackPositions).some(
    ({ id, content }) => id === ID.cueTrack && unsigned(content) === track,
  );
  const time = isOurs ? numberIn(fields, ID.cueTime) : null;
  return time === null ? [] : [time];
}

interface Element {
  readonly id: number;
  readonly content: Buffer;
}

/** Where an element's content begins and ends, which may be beyond these bytes; null where there is none. */
function elementAt(
  bytes: Buffer,
  at: number,
): { readonly id: number; readonly begin: number; readonly end: number } | null {
  const idBytes = lengthAt(bytes, at);
  if (idBytes > 4 || at + idBytes > bytes.length) return null;
  const sizeAt = at + idBytes;
  const sizeBytes = lengthAt(bytes, sizeAt);
  if (sizeBytes > 8 || sizeAt + sizeBytes > bytes.length) return null;
  const begin = sizeAt + sizeBytes;
  // The first bit that is set tells how long the number is, and does not belong to it.
  const highest = (bytes[sizeAt] ?? 0) & (0xff >> sizeBytes);
  const size = highest * 256 ** (sizeBytes - 1) + unsigned(bytes.subarray(sizeAt + 1, begin));
  return { id: unsigned(bytes.subarray(at, sizeAt)), begin, end: begin + size };
}

/** The length of a number in bytes, by the zero bits it begins with; 9 where it is no number. */
const lengthAt = (bytes: Buffer, at: number): number => Math.clz32(bytes[at] ?? 0) - 23;

/** The elements that stand here in a row, up to the first that is not whole. */
function elementsIn(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (
    let at = 0, next = elementAt(bytes, at);
    next !== null && next.end <= bytes.length;
    next = elementAt(bytes, at)
  ) {
    found.push({ id: next.id, content: bytes.subarray(next.begin, next.end) });
    at = next.end;
    if (found.length === MOST_ELEMENTS) break;
  }
  return found;
}

const childrenOf = (elements: readonly Element[], wanted: number): Element[] =>
  elements.flatMap(({ id, content }) => (id === wanted ? elementsIn(content) : []));

function numberIn(elements: readonly Element[], wanted: number): number | null {
  const found = elements.find(({ id }) => id === wanted);
  return found === undefined ? null : unsigned(found.content);
}

const unsigned = (bytes: Buffer): number => bytes.reduce((value, byte) => value * 256 + byte, 0);
