/**
 * How the ingest behaves. `refuse`: its port is closed. `rejectPublish`: it says no to the name. `blackhole`: packets
 * vanish. `hang`: it accepts and never reads. `thin`: the line to it takes less than a stream has.
 */
export type IngestMode = 'accept' | 'refuse' | 'rejectPublish' | 'blackhole' | 'hang' | 'thin';

/** How much of a stream a thin line takes. */
const THIN_SHARE = 0.4;

/** One RTMP connection; `broken` = the peer has reset it. */
export interface Connection {
  readonly runId: string;
  readonly openedAtMs: number;
  broken: boolean;
  /** Frames of the media that arrived, in the order of their coming; a session must have one only. */
  readonly frames: Set<string>;
  /** When the first byte after a key frame came; null = no picture yet. */
  pictureAtMs: number | null;
}

/** The other side: takes streams, writes down when bytes came. */
export class SimIngest {
  mode: IngestMode = 'accept';
  connections: Connection[] = [];
  /** Every publish that was granted. */
  sessions: Connection[] = [];
  sessionCount = 0;
  lastByteAtMs = Number.NEGATIVE_INFINITY;
  lastPictureAtMs = Number.NEGATIVE_INFINITY;

  /** Packets of connections that stand get through. */
  get takesBytes(): boolean {
    return this.mode !== 'blackhole' && this.mode !== 'hang';
  }

  /** How many milliseconds of a stream get through in `ms`. */
  roomMs(ms: number): number {
    return this.mode === 'thin' ? ms * THIN_SHARE : this.takesBytes ? Number.POSITIVE_INFINITY : 0;
  }

  open(runId: string, nowMs: number): Connection {
    const connection: Connection = { runId, openedAtMs: nowMs, broken: false, frames: new Set(), pictureAtMs: null };
    this.connections.push(connection);
    this.sessions = [...this.sessions.slice(-9), connection];
    this.sessionCount++;
    return connection;
  }

  close(connection: Connection): void {
    this.connections = this.connections.filter((other) => other !== connection);
  }

  /** `hasPicture`: it was not sound alone. */
  arrived(connection: Connection, nowMs: number, hasPicture = true): void {
    this.lastByteAtMs = nowMs;
    if (connection.pictureAtMs !== null && hasPicture) this.lastPictureAtMs = nowMs;
  }

  /** Its kernel took bytes that nobody there will read. */
  acknowledged(nowMs: number): void {
    this.lastByteAtMs = nowMs;
  }

  /** Resets every connection there is; the mode stays. */
  resetAll(): void {
    for (const connection of this.connections) connection.broken = true;
  }
}
