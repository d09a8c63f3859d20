import type { Chunk, SimFeed } from './feed.ts';
import { type Blocked, BYTES_PER_MS, GOP_MS, STATS_EVERY_MS, TermManners } from './ffmpeg.ts';
import type { Connection } from './ingest.ts';
import type { Program, SimProcess } from './kernel.ts';
import type { Machine } from './machine.ts';
import { SimMuxer } from './muxer.ts';
import type { RunFile } from './state-dir.ts';

type Phase = 'locking' | 'probing' | 'connecting' | 'publishing';

/** How much of the stream FFmpeg reads before it connects. */
const PROBE_MS = 1_000;
/** Socket buffers of both sides. */
const SOCKET_MS = 8_000;
/** In flight for longer than this, it is being sent again, or the peer's window is shut. */
const STUCK_MS = 400;
/** How much the kernel of an ingest that hangs takes before it shuts the window. */
const PEER_BUFFER_MS = 1_000;
/** What `-rw_timeout 5000000` comes to. */
const GIVES_UP_MS = 25_000;

/** `flock --nonblock uplink.lock ffmpeg -re -c copy -f flv`: refused when locked, then probes, connects, publishes. */
export class UplinkProgram implements Program {
  readonly runId: string;
  readonly specHash: string;
  process: SimProcess | null = null;
  /** It hangs, and hears nothing but SIGKILL. */
  wedged = false;
  readonly #machine: Machine;
  readonly #feed: SimFeed;
  readonly #file: RunFile | null;
  readonly #manners = new TermManners();
  readonly #bornAtMs: number;
  #phase: Phase = 'locking';
  readonly muxer = new SimMuxer();
  #heldMs = 0;
  readonly #held: Chunk[] = [];
  #readMs = 0;
  #sentMs = 0;
  #queuedMs = 0;
  #connection: Connection | null = null;
  #connectsAtMs = 0;
  #publishesSinceMs = 0;
  #blockedSinceMs: number | null = null;
  /** What a hanging ingest's kernel has taken without anybody reading it. */
  #swallowedMs = 0;
  #starving = false;
  #statsAtMs = 0;
  #tookChunks: { runId: string; endMs: number }[] = [];

  constructor(machine: Machine, feed: SimFeed, runId: string, specHash: string, file: RunFile | null) {
    this.#machine = machine;
    this.#feed = feed;
    this.runId = runId;
    this.specHash = specHash;
    this.#file = file;
    this.#bornAtMs = machine.nowMs;
  }

  get isPublishing(): boolean {
    return this.#phase === 'publishing';
  }

  /** What the kernel holds for the peer, and whether its timers say that nothing gets through; null = no connection. */
  get sendQueue(): { readonly queuedBytes: number; readonly stuck: boolean } | null {
    if (this.#connection === null) return null;
    // A line that is merely thin sends nothing twice.
    const stuck = this.#queuedMs > STUCK_MS && !this.#machine.ingest.takesBytes;
    return { queuedBytes: Math.round(this.#queuedMs * BYTES_PER_MS), stuck };
  }

  /** How far what the ingest has got of it is behind the clock. */
  get lagMs(): number {
    if (this.#connection === null) return 0;
    return this.#machine.monoMs - this.#publishesSinceMs - (this.#sentMs - this.#queuedMs);
  }

  get readBytes(): number {
    return Math.round(this.#readMs * BYTES_PER_MS);
  }

  /** It holds the lock under which only one can be. */
  get holdsLock(): boolean {
    return this.#feed.uplinkLock.holder === this.process;
  }

  get feed(): SimFeed {
    return this.#feed;
  }

  onTerm(): void {
    if (!this.wedged) this.#manners.heard(this.#blocked, this.#machine.nowMs);
  }

  onEnd(): void {
    if (this.process !== null) this.#machine.kernel.releaseLocks([this.#feed.uplinkLock], this.process);
    if (this.#connection !== null) this.#machine.ingest.close(this.#connection);
  }

  tick(ms: number): void {
    const { process } = this;
    const machine = this.#machine;
    if (process === null || !process.alive || process.stopped || this.wedged) return;
    if (this.#manners.isDue(this.#blocked, machine.nowMs)) return this.#end(255, null);
    switch (this.#phase) {
      case 'locking':
        return this.#lock();
      case 'probing':
        this.#take(ms * 5);
        if (this.#heldMs < PROBE_MS) return;
        this.#phase = 'connecting';
        this.#connectsAtMs = machine.nowMs + machine.random.between(60, 350);
        return;
      case 'connecting':
        return this.#connect();
      case 'publishing':
        return this.#publish(ms);
    }
  }

  get #blocked(): Blocked {
    if (this.#phase === 'probing') return this.#starving ? 'pipe' : 'no';
    if (this.#phase === 'connecting') return 'socket';
    if (this.#blockedSinceMs !== null) return 'socket';
    return this.#starving ? 'pipe' : 'no';
  }

  #lock(): void {
    const machine = this.#machine;
    if (machine.nowMs - this.#bornAtMs < 15 || this.process === null) return;
    if (!this.#feed.uplinkLock.take(this.process, false)) return this.#end(1, null);
    this.#phase = 'probing';
  }

  #connect(): void {
    const machine = this.#machine;
    const { ingest } = machine;
    if (machine.nowMs < this.#connectsAtMs) return;
    switch (ingest.mode) {
      case 'refuse':
        return this.#end(1, `rtmp://ingest.example/live2/${machine.secrets.streamKey}: Connection refused`);
      case 'rejectPublish':
        return this.#end(1, `Server error: ${machine.secrets.streamKey} is already in use`);
      case 'blackhole':
      case 'hang':
        if (machine.nowMs - this.#connectsAtMs > GIVES_UP_MS) this.#end(1, 'Connection timed out');
        return;
      case 'accept':
      case 'thin':
        this.#connection = ingest.open(this.runId, machine.nowMs);
        this.#phase = 'publishing';
        this.#publishesSinceMs = machine.monoMs;
    }
  }

  #publish(ms: number): void {
    const machine = this.#machine;
    const { ingest } = machine;
    const connection = this.#connection;
    if (connection === null) return;
    if (connection.broken) return this.#end(1, `av_interleaved_write_frame(): Connection reset by peer`);
    // `-re`: at the pace of the clock, and as fast as can be while behind it.
    const dueMs = machine.monoMs - this.#publishesSinceMs - this.#sentMs;
    this.#take(Math.max(ms * 1.2, dueMs));
    const roomMs = ingest.roomMs(ms);
    if (roomMs > 0 && this.#queuedMs > 0) ingest.arrived(connection, machine.nowMs);
    this.#queuedMs = Math.max(0, this.#queuedMs - roomMs);
    this.#blockedSinceMs =
      this.#queuedMs >= SOCKET_MS && !ingest.takesBytes ? (this.#blockedSinceMs ?? machine.nowMs) : null;
    if (this.#blockedSinceMs !== null) {
      if (machine.nowMs - this.#blockedSinceMs > GIVES_UP_MS) this.#end(1, 'Connection timed out');
      return;
    }
    const sentMs = Math.max(0, Math.min(this.#heldMs, dueMs, SOCKET_MS - this.#queuedMs));
    this.#sentMs += sentMs;
    if (sentMs === 0) return;
    const outMs = this.#mux(sentMs);
    if (ingest.takesBytes) {
      if (outMs > 0) ingest.arrived(connection, machine.nowMs, this.muxer.missing?.stream !== 'picture');
      this.#swallowedMs = 0;
      if (ingest.mode === 'thin') this.#queuedMs += outMs;
    } else if (ingest.mode === 'hang' && this.#swallowedMs < PEER_BUFFER_MS) {
      this.#swallowedMs += outMs;
      ingest.acknowledged(machine.nowMs);
    } else this.#queuedMs += outMs;
    if (machine.nowMs - this.#statsAtMs < STATS_EVERY_MS) return;
    this.#statsAtMs = machine.nowMs;
    this.#tell(false);
  }

  /** Reads from the FIFO as long as there is room for it. */
  #take(mostMs: number): void {
    const wantedMs = Math.min(mostMs, 1.1 * PROBE_MS - this.#heldMs);
    if (wantedMs <= 0) return;
    const chunks = this.#feed.fifo.read(wantedMs);
    this.#starving = chunks.length === 0 && this.#heldMs < 1;
    for (const chunk of chunks) this.#look(chunk);
  }

  /** Hands so much of what it holds to its muxer; answers how much goes out. */
  #mux(ms: number): number {
    let [restMs, outMs] = [ms, 0];
    while (restMs > 0.001 && this.#held.length > 0) {
      const first = this.#held[0]!;
      const takenMs = Math.min(restMs, first.ms);
      outMs += this.muxer.take(takenMs, first.missing, first.runId, this.#machine.nowMs);
      first.ms -= takenMs;
      restMs -= takenMs;
      if (first.ms <= 0.001) this.#held.shift();
    }
    this.#heldMs -= ms;
    return outMs;
  }

  #look(chunk: Chunk): void {
    this.#heldMs += chunk.ms;
    this.#held.push({ ...chunk });
    this.#readMs += chunk.ms;
    if (this.#machine.ledger.slates.has(chunk.runId)) this.#machine.ledger.slateMs += chunk.ms;
    const before = this.#tookChunks.at(-1);
    if (before?.runId === chunk.runId) before.endMs = chunk.fromMs + chunk.ms;
    else this.#tookChunks = [...this.#tookChunks.slice(-3), { runId: chunk.runId, endMs: chunk.fromMs + chunk.ms }];
    const connection = this.#connection;
    if (connection === null) {
      this.#firstFrames.add(chunk.frame);
      if (holdsKeyFrame(chunk)) this.#sawKeyFrame = true;
      return;
    }
    for (const frame of this.#firstFrames) connection.frames.add(frame);
    connection.frames.add(chunk.frame);
    if (connection.pictureAtMs === null && (this.#sawKeyFrame || holdsKeyFrame(chunk))) {
      connection.pictureAtMs = this.#machine.nowMs;
    }
  }

  readonly #firstFrames = new Set<string>();
  #sawKeyFrame = false;

  #tell(ended: boolean): void {
    if (this.#file === null || this.#machine.dir.refusal !== null) return;
    const { muxer } = this;
    this.#file.progress = {
      outTimeMs: Math.round(muxer.outTimeMs(this.#machine.outTimeIs)),
      totalBytes: Math.round(muxer.sentMs * BYTES_PER_MS),
      pictures: muxer.pictures,
      ended,
    };
  }

  #end(code: number, complaint: string | null): void {
    if (this.process === null) return;
    this.#tell(true);
    if (this.#file !== null && complaint !== null) this.#file.lastError = complaint;
    this.#machine.kernel.end(this.process, { code, signal: null });
  }
}

const holdsKeyFrame = ({ fromMs, ms }: Chunk): boolean => {
  const next = Math.ceil(fromMs / GOP_MS) * GOP_MS;
  return next < fromMs + ms || fromMs === 0;
};
