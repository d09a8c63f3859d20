import { type Moov, readMoov, type ReadBytes } from './mp4-boxes.ts';
import { type Samples, samplesIn } from './mp4-samples.ts';

/** The requests that playing an object once takes. */
export interface Requests {
  /** Connections at a time. */
  readonly connections: number;
  /** Requests for ranges, in all. */
  readonly requests: number;
}

/** How an object is read: by one connection, or by one for its picture and one for its sound. Tracks are numbered from 0 by kind. */
export type Reading =
  { readonly kind: 'together' } | { readonly kind: 'separately'; readonly picture: number; readonly sound: number };

/**
 * Counts the requests that FFmpeg makes to play an MP4, by following its demuxer through the tables: it reads whichever sample
 * lies first of those at most a second apart, and makes a request for what its buffer does not hold. An estimate: how far it
 * reads ahead instead of asking depends on the connection. null where the tables are missing or damaged.
 */
export async function countRequests(read: ReadBytes, sizeBytes: number, reading: Reading): Promise<Requests | null> {
  const moov = await readMoov(read, sizeBytes);
  return moov === null ? null : requestsFor(moov, sizeBytes, reading);
}

/** As `countRequests`, for an index that was read before. */
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

/** The requests of one connection that reads the index, then the samples of the `wanted` tracks. Its buffer is sized for all tracks. */
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

/** FFmpeg (`mov_find_next_sample`) lets the streams be this far apart in time. */
const TOGETHER_S = 1;

/** The track the demuxer reads from next; null = all are at their end. */
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

/** For distances beyond this FFmpeg (`ff_configure_buffers_for_index`) makes no room in its buffer. */
const TOO_FAR_APART_BYTES = 8 * 1024 * 1024;

/** The largest distance in the file between samples at most a second apart in time, up to `TOO_FAR_APART_BYTES`. */
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

/** The size of FFmpeg's buffer, and of each piece it reads. */
const PIECE_BYTES = 32 * 1024;
/** Bytes that a new connection of Linux holds (`tcp_rmem`). FFmpeg reads through as many instead of making a request. */
const HELD_BY_CONNECTION_BYTES = 128 * 1024;

/** FFmpeg's way through an object: the part in its buffer, and the requests made. */
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
      // On a short way back FFmpeg goes half a buffer further, as the way back may go on.
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

  /** Fills the buffer piece by piece; a piece without room replaces all before it. */
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
