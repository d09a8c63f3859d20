import { type Moov, readMoov, type ReadBytes } from './mp4-boxes.ts';
import { type Samples, samplesIn } from './mp4-samples.ts';

/** What playing an object once from its beginning to its end asks of the store. */
export interface Requests {
  /** At a time. */
  readonly connections: number;
  /** Of ranges, in all. */
  readonly requests: number;
}

/** How an object is read: all by one connection, or its picture and its sound by one each; tracks from 0 among their kind. */
export type Reading =
  { readonly kind: 'together' } | { readonly kind: 'separately'; readonly picture: number; readonly sound: number };

/**
 * Counts the requests that FFmpeg makes to play an MP4, by its tables, as its demuxer reads them: it takes whichever sample
 * lies first of those that are at most a second apart, and asks anew for what its buffer does not hold. null where the
 * tables do not tell. How far it reads ahead instead of asking depends on the connection, so that it is an estimate.
 */
export async function countRequests(read: ReadBytes, sizeBytes: number, reading: Reading): Promise<Requests | null> {
  const moov = await readMoov(read, sizeBytes);
  return moov === null ? null : requestsFor(moov, sizeBytes, reading);
}

/** As `countRequests`, of the index that was read. */
export function requestsFor(moov: Moov, sizeBytes: number, reading: Reading): Requests | null {
  const tracks = samplesIn(moov.content);
  if (tracks === null || tracks.length === 0) return null;
  if (reading.kind === 'together') return { connections: 1, requests: requestsOf(moov, sizeBytes, tracks, tracks) };
  const of = (kind: Samples['kind'], track: number): Samples | undefined =>
    tracks.filter((samples) => samples.kind === kind)[track];
  const [picture, sound] = [of('picture', reading.picture), of('sound', reading.sound)];
  if (picture === undefined || sound === undefined) return null;
  const requests = [picture, sound].map((track) => requestsOf(moov, sizeBytes, tracks, [track]));
  return { connections: 2, requests: requests.reduce((sum, count) => sum + count, 0) };
}

/** One connection reads the index, then the samples of these tracks; its buffer is made for all that there are. */
function requestsOf(
  { atBytes, content }: Moov,
  sizeBytes: number,
  tracks: readonly Samples[],
  wanted: readonly Samples[],
): number {
  const connection = new Connection(sizeBytes);
  connection.seek(atBytes);
  connection.read(content.length);
  connection.makeRoomFor(furthestApartBytes(tracks), wanted);
  const next = wanted.map(() => 0);
  for (let chosen = firstOf(wanted, next); chosen !== null; chosen = firstOf(wanted, next)) {
    const track = wanted[chosen]!;
    const sample = next[chosen]!++;
    connection.seek(track.offsetsBytes[sample]!);
    connection.read(track.sizesBytes[sample]!);
  }
  return connection.requests;
}

/** FFmpeg (`mov_find_next_sample`) lets the streams come so far apart. */
const TOGETHER_S = 1;

/** Which track the demuxer reads from next; null = all are at their end. */
function firstOf(tracks: readonly Samples[], next: readonly number[]): number | null {
  let chosen: { readonly track: number; readonly atS: number; readonly offset: number } | null = null;
  for (const [track, { timesS, offsetsBytes }] of tracks.entries()) {
    const sample = next[track]!;
    if (sample >= timesS.length) continue;
    const [atS, offset] = [timesS[sample]!, offsetsBytes[sample]!];
    const isBefore =
      chosen === null || (Math.abs(chosen.atS - atS) <= TOGETHER_S ? offset < chosen.offset : atS < chosen.atS);
    if (isBefore) chosen = { track, atS, offset };
  }
  return chosen?.track ?? null;
}

/** What is further apart FFmpeg (`ff_configure_buffers_for_index`) makes no room for. */
const TOO_FAR_APART_BYTES = 8 * 1024 * 1024;

/** How far what is to be sent at a time, a second more or less, lies apart in the file, as far as there is room for it. */
function furthestApartBytes(tracks: readonly Samples[]): number {
  let furthest = 0;
  for (const one of tracks) {
    for (const other of tracks) {
      if (one === other) continue;
      let sample = 0;
      for (const [i, atS] of one.timesS.entries()) {
        while (sample < other.timesS.length && other.timesS[sample]! - atS < TOGETHER_S) sample++;
        if (sample === other.timesS.length) break;
        const apart = one.offsetsBytes[i]! - other.offsetsBytes[sample]!;
        if (apart < TOO_FAR_APART_BYTES) furthest = Math.max(furthest, apart);
      }
    }
  }
  return furthest;
}

/** FFmpeg's buffer, and what it fetches at a time. */
const PIECE_BYTES = 32 * 1024;
/** What a connection of Linux holds at first (`tcp_rmem`), which is read rather than left: a request costs more. */
const HELD_BY_CONNECTION_BYTES = 128 * 1024;

/** FFmpeg's way through an object: what of it is in its buffer, and how often it had to ask. */
class Connection {
  requests = 1;
  readonly #sizeBytes: number;
  #bufferBytes = PIECE_BYTES;
  #readThroughBytes = HELD_BY_CONNECTION_BYTES;
  #beginBytes = 0;
  #endBytes = 0;
  #atBytes = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  makeRoomFor(apartBytes: number, tracks: readonly Samples[]): void {
    const largest = tracks.reduce((most, { sizesBytes }) => sizesBytes.reduce((a, b) => Math.max(a, b), most), 0);
    this.#readThroughBytes = Math.max(this.#readThroughBytes, apartBytes, largest);
    this.#bufferBytes = Math.max(this.#bufferBytes, 2 * apartBytes);
  }

  seek(toBytes: number): void {
    const held = this.#endBytes - this.#beginBytes;
    const isHeld = toBytes >= this.#beginBytes && toBytes <= this.#endBytes;
    const isNear = toBytes > this.#endBytes && toBytes - this.#endBytes <= this.#readThroughBytes;
    if (!isHeld && !isNear) {
      this.requests += 1;
      // A short way back it goes a little further, as the way back may go on.
      const back = this.#beginBytes - toBytes;
      const from = back > 0 && back < held / 2 ? Math.max(0, this.#beginBytes - held / 2) : toBytes;
      this.#beginBytes = from;
      this.#endBytes = from;
    }
    this.#fillTo(toBytes);
    this.#atBytes = toBytes;
  }

  read(sizeBytes: number): void {
    this.#atBytes += sizeBytes;
    this.#fillTo(this.#atBytes);
  }

  /** Piece by piece; one that has no room any more takes the place of all before it. */
  #fillTo(toBytes: number): void {
    const pieces = Math.ceil((Math.min(toBytes, this.#sizeBytes) - this.#endBytes) / PIECE_BYTES);
    if (pieces <= 0) return;
    const room = Math.floor((this.#bufferBytes - (this.#endBytes - this.#beginBytes)) / PIECE_BYTES);
    this.#endBytes += pieces * PIECE_BYTES;
    if (pieces <= room) return;
    const held = ((pieces - room - 1) % Math.floor(this.#bufferBytes / PIECE_BYTES)) + 1;
    this.#beginBytes = this.#endBytes - held * PIECE_BYTES;
  }
}
