import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test as base } from 'vitest';
import { encodeAmf } from '../fixtures/amf0.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia, type MediaRecipe } from '../fixtures/media-maker.ts';
import { startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { averageColour, decodeErrors, nearestColourName, packetTimes } from '../fixtures/picture.ts';
import { MACHINE_PAUSE_MS } from '../fixtures/room.ts';
import { encodeMessage } from '../fixtures/rtmp-chunks.ts';
import { type RtmpSink, type SinkMode, startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { arrivalGaps, avOffsetMs, framesOf, mediaGaps, worstAvOffsetMs } from '../fixtures/stream-analysis.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

interface Publisher {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A sink, and FFmpegs that publish to it; gone after the test. */
interface Rig {
  readonly dir: string;
  readonly sink: RtmpSink;
  /** Publishes so many seconds of what was made by this recipe. */
  publish(
    url: string,
    seconds: number,
    output?: readonly string[],
    input?: readonly string[],
    recipe?: Partial<MediaRecipe>,
  ): Promise<Publisher>;
  /** One publisher's media arrive. */
  published(): Promise<void>;
}

async function openRig(): Promise<Rig & { close(): Promise<void> }> {
  const workspace = makeWorkspace();
  const sink = await startRtmpSink({ recordDir: join(workspace.dir, 'sink') });
  const publishers: ChildProcess[] = [];
  return {
    dir: workspace.dir,
    sink,
    publish: async (url, seconds, output = [], input = ['-re'], recipe = {}) => {
      const file = await makeMedia({ name: 'proof', size: '640x360', seconds, ...recipe });
      const flv = ['-f', 'flv', '-flvflags', 'no_duration_filesize', url];
      const args = ['-nostdin', '-v', 'error', ...input, '-i', file, '-c', 'copy', ...output, ...flv];
      const child = spawn('ffmpeg', args, {
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 40_000,
        killSignal: 'SIGKILL',
      });
      publishers.push(child);
      let stderr = '';
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      return { child, ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr }))) };
    },
    published: () =>
      eventually(() => {
        expect(sink.publishers).toBe(1);
        expect(sink.sessions.at(-1)?.messageCount).toBeGreaterThan(10);
      }),
    close: async () => {
      for (const child of publishers) child.kill('SIGKILL');
      await sink.stop();
      await workspace.cleanup();
    },
  };
}

const test = base.extend<{ rig: Rig }>({
  // The fixture's dependencies are read off this pattern: it has none.
  // oxlint-disable-next-line no-empty-pattern
  rig: async ({}, use) => {
    const rig = await openRig();
    try {
      await use(rig);
    } finally {
      await rig.close();
    }
  },
});

describe.concurrent('the sink', () => {
  test('agrees with nginx about a real publisher, frame for frame', async ({ rig: { sink, publish, dir } }) => {
    const nginx = await startNginxRtmp({ dir, record: true });
    try {
      const both = [await publish(`${nginx.url}/key`, 4), await publish(`${sink.url}/key`, 4)];
      for (const { ended } of both) expect(await ended).toEqual({ code: 0, stderr: '' });
      await eventually(() => expect(sink.sessions[0]?.closedAtMs).not.toBeNull());
      const theirs = nginx.recordings()[0] ?? '';
      const [session] = sink.sessions;
      const ours = session?.file ?? '';
      expect(session).toMatchObject({ app: 'live2', streamName: 'key' });
      for (const stream of ['v', 'a'] as const) {
        const packets = await packetTimes(ours, stream);
        expect(packets).toEqual(await packetTimes(theirs, stream));
        expect(packets.length).toBeGreaterThan(100);
      }
      expect(await decodeErrors(ours)).toEqual([]);
      expect(nearestColourName(await averageColour(ours, 2))).toBe('red');
      const video = session === undefined ? [] : framesOf(session, 'video');
      const packets = await packetTimes(ours, 'v');
      expect(video.map((frame) => frame.timestampMs)).toEqual(packets.map((packet) => Math.round(packet.dtsS * 1000)));
      expect(video.map((frame) => frame.keyframe)).toEqual(packets.map((packet) => packet.keyframe));
    } finally {
      await nginx.stop();
    }
  });

  test('sees even pace and tight interleaving in a paced stream', async ({ rig: { sink, publish } }) => {
    const { ended } = await publish(`${sink.url}/key`, 4);
    expect((await ended).code).toBe(0);
    const session = sink.sessions[0];
    if (session === undefined) throw new Error('no session');
    expect(arrivalGaps(session, MACHINE_PAUSE_MS)).toEqual([]);
    expect(mediaGaps(session, 'video', 60)).toEqual([]);
    expect(mediaGaps(session, 'audio', 60)).toEqual([]);
    expect(Math.abs(avOffsetMs(session))).toBeLessThan(100);
    expect(worstAvOffsetMs(session)).toBeLessThan(200);
    const frames = framesOf(session, 'video');
    const tookMs = (frames.at(-1)?.arrivedAtMs ?? 0) - (frames[0]?.arrivedAtMs ?? 0);
    // The first frames may be late and all others in time; none is early.
    expect(tookMs).toBeGreaterThan(3967 / 2);
    expect(session.messages.filter((message) => message.sequenceHeader).length).toBeGreaterThanOrEqual(2);
  });

  test('understands extended timestamps as ffmpeg sends them', async ({ rig: { sink, publish } }) => {
    const { ended } = await publish(`${sink.url}/key`, 4, ['-output_ts_offset', '16775'], []);
    expect((await ended).code).toBe(0);
    const session = sink.sessions[0];
    if (session === undefined) throw new Error('no session');
    expect(framesOf(session, 'video').at(-1)?.timestampMs).toBeGreaterThan(0xffffff);
    expect(mediaGaps(session, 'video', 60)).toEqual([]);
    expect(mediaGaps(session, 'audio', 60)).toEqual([]);
    expect(await packetTimes(session.file ?? '', 'v')).toHaveLength(120);
    expect(await decodeErrors(session.file ?? '')).toEqual([]);
  });

  test('counts concurrent publishers and separate sessions', async ({ rig: { sink, publish, published } }) => {
    const first = await publish(`${sink.url}/one`, 4);
    await published();
    const second = await publish(`${sink.url}/two`, 4);
    for (const { ended } of [first, second]) expect((await ended).code).toBe(0);
    await eventually(() => expect(sink.publishers).toBe(0));
    expect(sink.maxConcurrentPublishers).toBe(2);
    expect(sink.sessions.map((session) => session.streamName)).toEqual(['one', 'two']);
    expect(new Set(sink.sessions.map((session) => readFileSync(session.file ?? '').length)).size).toBe(1);
  });

  test('does not count a publisher that is gone, however much of it is still to be read', async ({
    rig: { sink, publish, published },
  }) => {
    const { child, ended } = await publish(`${sink.url}/one`, 4, [], ['-stream_loop', '-1']);
    await published();
    await sink.hangAll();
    child.kill('SIGKILL');
    await ended;
    await publish(`${sink.url}/two`, 4);
    await eventually(() => expect(sink.sessions).toHaveLength(2));
    expect(sink.sessions[0]?.closedAtMs).toBeNull();
    expect(sink).toMatchObject({ publishers: 2, maxConcurrentPublishers: 1 });
  });

  test('finds the pause between two sessions', async ({ rig: { sink, publish } }) => {
    for (let i = 0; i < 2; i += 1) {
      const { ended } = await publish(`${sink.url}/key`, 1, [], []);
      await ended;
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const lastOfFirst = sink.sessions[0]?.messages.findLast(({ frame }) => frame)?.arrivedAtMs;
    expect(arrivalGaps(sink.sessions, 1200)).toContainEqual(expect.objectContaining({ fromMs: lastOfFirst }));
  });
});

describe.concurrent('misbehaviour', () => {
  test('refuse: new connections are refused, the publisher goes on, and accept listens again on the same port', async ({
    rig: { sink, publish, published },
  }) => {
    await publish(`${sink.url}/key`, 20);
    await published();
    await sink.setMode('refuse');
    const before = sink.sessions[0]?.messageCount ?? 0;
    expect(await connectOutcome(sink.port)).toBe('ECONNREFUSED');
    await eventually(() => expect(sink.sessions[0]?.messageCount).toBeGreaterThan(before + 20));
    sink.dropAll();
    await eventually(() => expect(sink.publishers).toBe(0));
    await sink.setMode('accept');
    await publish(`${sink.url}/key`, 20);
    await eventually(() => expect(sink.sessions).toHaveLength(2));
  });

  test('reset: the publisher and every new connection are cut', async ({ rig: { sink, publish, published } }) => {
    const { ended } = await publish(`${sink.url}/key`, 20);
    await published();
    sink.mode = 'reset';
    expect((await ended).code).not.toBe(0);
    const again = await publish(`${sink.url}/key`, 20);
    expect((await again.ended).code).not.toBe(0);
    expect(sink.sessions).toHaveLength(1);
  });

  test('rejectPublish: the publisher is told and gives up', async ({ rig: { sink, publish } }) => {
    sink.mode = 'rejectPublish';
    const { ended } = await publish(`${sink.url}/key`, 20);
    expect(await ended).toMatchObject({ code: 1, stderr: expect.stringContaining('refused') });
    expect(sink).toMatchObject({ sessions: [], rejectedCount: 1 });
  });

  test('stopReading: the connection stays and nothing arrives, until it is read again', async ({
    rig: { sink, publish, published },
  }) => {
    await publish(`${sink.url}/key`, 20);
    await published();
    sink.mode = 'stopReading';
    const before = sink.sessions[0]?.messageCount ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(sink.sessions[0]).toMatchObject({ messageCount: before, closedAtMs: null });
    sink.mode = 'accept';
    await eventually(() => expect(sink.sessions[0]?.messageCount).toBeGreaterThan(before + 10));
    expect(arrivalGaps(sink.sessions[0] ?? [], 350)).not.toEqual([]);
  });

  test('a thin link: what is sent faster arrives at the rate it is read', async ({ rig: { sink, publish } }) => {
    sink.readBytesPerS = 200_000;
    await publish(`${sink.url}/key`, 4, [], ['-re'], { name: 'fat', bitrateKbps: 6000, cbr: true });
    await eventually(() => expect(sink.sessions[0]?.messageCount).toBeGreaterThan(0));
    const beginMs = performance.now();
    const before = sink.sessions[0]?.bytes ?? 0;
    await eventually(() => expect((sink.sessions[0]?.bytes ?? 0) - before).toBeGreaterThan(400_000), {
      timeoutMs: 30_000,
    });
    expect(performance.now() - beginMs).toBeGreaterThan(1500);
    sink.readBytesPerS = Infinity;
    await eventually(() => expect(sink.publishers).toBe(0), { timeoutMs: 30_000 });
  });

  test('halfClose: the server ends its side and goes on reading', async ({ rig: { sink } }) => {
    sink.mode = 'halfClose';
    const socket = connect({ port: sink.port, host: '127.0.0.1', allowHalfOpen: true });
    try {
      const finished = new Promise((resolve) => socket.once('end', resolve));
      const message = (typeId: number, payload: Buffer) =>
        encodeMessage(3, { typeId, streamId: 1, timestampMs: 0, payload }, 128);
      socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536)]));
      socket.write(message(20, encodeAmf(['connect', 1, { app: 'x' }])));
      socket.write(message(20, encodeAmf(['publish', 2, null, 'key', 'live'])));
      socket.resume();
      await finished;
      socket.write(message(9, Buffer.from([0x17, 1, 0, 0, 0])));
      await eventually(() => expect(sink.sessions[0]).toMatchObject({ app: 'x', messageCount: 1, closedAtMs: null }));
    } finally {
      socket.destroy();
    }
  });

  test('stop leaves neither a port nor a connection, in any mode', async () => {
    for (const mode of ['accept', 'stopReading', 'halfClose', 'refuse'] satisfies SinkMode[]) {
      const other = await startRtmpSink();
      const socket = connect(other.port, '127.0.0.1').on('error', () => undefined);
      await eventually(() => expect(other.connectionCount).toBe(1));
      await other.setMode(mode);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume();
      await other.stop();
      await closed;
      expect(await connectOutcome(other.port)).toBe('ECONNREFUSED');
    }
  });

  test('bytes that are no RTMP end the connection, not the sink', async ({ rig: { sink } }) => {
    const socket = connect(sink.port, '127.0.0.1').on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.end(`GET / HTTP/1.1\r\n\r\n${' '.repeat(4000)}`);
    socket.resume();
    await closed;
    expect(await connectOutcome(sink.port)).toBe('connected');
  });
});

function connectOutcome(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve('connected')));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
