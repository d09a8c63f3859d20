import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  parseSendQueues,
  type QueueState,
  readSendQueue,
  SendQueueTracker,
} from '../../../src/observe/processes/send-queue.ts';
import { absent, known } from '../../../src/reconcile/model/observed.ts';
import { eventually } from '../../fixtures/eventually.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ';
const row = (
  state: string,
  txQueue: string,
  inode: string | number,
  { timer = '01:00000014', retransmits = '00000000', probes = 0 } = {},
): string =>
  `   0: 0100007F:9C40 0100007F:078F ${state} ${txQueue}:00000000 ${timer} ${retransmits}  1000        ${probes} ${inode} 2 0000000000000000 20 4 30 10 -1`;
const row6 = (state: string, txQueue: string, inode: string | number): string =>
  `   0: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:078F ${state} ${txQueue}:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 20 0 0 10 -1`;

describe('/proc/net/tcp', () => {
  const inodes = new Set(['777', '778']);
  const parse = (rows: readonly string[]) => parseSendQueues([HEADER, ...rows, ''].join('\n'), inodes);

  it.each([
    ['an idle connection', [row('01', '00000000', 777)], 0],
    ['bytes in hexadecimal', [row('01', '0001A2B3', 777)], 0x1a2b3],
    ['an IPv6 connection', [row6('01', '000000FF', 777)], 255],
    ['two connections', [row('01', '00000010', 777), row('01', '00000021', 778)], 49],
    ['a connection listed twice', [row('01', '00000010', 777), row('01', '00000030', 777)], 48],
    ['a connection that is only asked for', [row('02', '00000001', 777)], 1],
    ['one the peer has closed', [row('08', '00000100', 777)], 256],
    ['one beside others', [row('01', '00000FFF', 999), row('01', '00000010', 777), row('0A', '00000005', 778)], 16],
  ])('tells the bytes the peer has not taken: %s', (_, rows, queuedBytes) => {
    expect(parse(rows)).toMatchObject({ queuedBytes, stuck: false });
  });

  it('tells the bytes that have come and are not read', () => {
    const unread = row('01', '00000000:000004D2', 777).replace(':00000000 01:', ' 01:');
    expect(parse([unread, row('01', '00000010', 778)])).toEqual({ queuedBytes: 16, unreadBytes: 1_234, stuck: false });
  });

  it.each([
    ['no socket of ours', row('01', '00000010', 999)],
    ['a socket that only listens', row('0A', '00000005', 777)],
    ['a connection without an owner', row('06', '00000000', 0)],
    ['a line cut off', row('01', '00000010', 777).slice(0, 60)],
    ['numbers that are none', row('01', 'zzzz', 777)],
  ])('knows of no connection: %s', (_, line) => {
    expect(parse([line])).toBeNull();
  });

  it.each([
    ['a window that stays shut', row('01', '00010000', 777, { timer: '04:000001F4' })],
    ['packets sent again', row('01', '00010000', 777, { retransmits: '00000003' })],
    ['probes without an answer', row('01', '00010000', 777, { probes: 2 })],
    ['one stuck connection of two', `${row('01', '00000000', 778)}\n${row('01', '00010000', 777, { probes: 1 })}`],
  ])('is stuck: %s', (_, line) => {
    expect(parse([line])).toMatchObject({ queuedBytes: 65_536, stuck: true });
  });
});

describe('a send queue from pass to pass', () => {
  const queue = (queuedBytes: number, stuck = false) => ({ queuedBytes, stuck });

  it('is well while it is empty, drains, or what is in flight is acknowledged in time', () => {
    const tracker = new SendQueueTracker();
    expect(tracker.update(queue(0), 0)).toEqual({ queuedBytes: 0, unackedMs: 0 });
    expect(tracker.update(queue(500), 1000)).toEqual({ queuedBytes: 500, unackedMs: 0 });
    expect(tracker.update(queue(900), 2000)).toEqual({ queuedBytes: 900, unackedMs: 0 });
    expect(tracker.update(queue(400, true), 3000)).toEqual({ queuedBytes: 400, unackedMs: 0 });
    expect(tracker.update(queue(0, true), 4000)).toEqual({ queuedBytes: 0, unackedMs: 0 });
  });

  it('counts anew from where nobody could look', () => {
    const tracker = new SendQueueTracker();
    tracker.update(queue(1000), 0);
    expect(tracker.update(queue(2000, true), 3000).unackedMs).toBe(3000);
    tracker.lose();
    expect(tracker.update(queue(2000, true), 60_000).unackedMs).toBe(0);
    expect(tracker.update(queue(2000, true), 61_000).unackedMs).toBe(1000);
  });

  it('is unacknowledged from the last good look on while it is stuck and fills', () => {
    const tracker = new SendQueueTracker();
    tracker.update(queue(0), 0);
    tracker.update(queue(1000), 1000);
    expect(tracker.update(queue(2000, true), 2000).unackedMs).toBe(1000);
    expect(tracker.update(queue(3000, true), 4500).unackedMs).toBe(3500);
    expect(tracker.update(queue(3000, true), 9000).unackedMs).toBe(8000);
    expect(tracker.update(queue(2999, true), 9500).unackedMs).toBe(0);
  });

  it('takes an uplink that a new daemon finds stalled for well at first only', () => {
    const tracker = new SendQueueTracker();
    expect(tracker.update(queue(50_000, true), 100).unackedMs).toBe(0);
    expect(tracker.update(queue(50_000, true), 4_100).unackedMs).toBe(4000);
  });
});

describe('a real connection', () => {
  let server: Server;
  let accepted: Socket[];
  let client: Socket;

  beforeEach(async () => {
    accepted = [];
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      accepted.push(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    client?.destroy();
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  async function connectTo(): Promise<void> {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    client = connect(address.port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
    await eventually(() => expect(accepted).toHaveLength(1));
  }

  it('has nothing unacknowledged while the peer reads', async () => {
    await connectTo();
    accepted[0]!.resume();
    for (let round = 1; round <= 20; round++) {
      client.write(Buffer.alloc(100_000));
      await eventually(() =>
        expect(readSendQueue(process.pid)).toEqual(known({ queuedBytes: 0, unreadBytes: 0, stuck: false })),
      );
    }
  });

  it('shows within 4 s that the peer has stopped reading, for as long as that lasts, and that it reads again', async () => {
    await connectTo();
    accepted[0]!.pause();
    const tracker = new SendQueueTracker();
    const look = () => tracker.update(queueOf(process.pid) ?? { queuedBytes: -1, stuck: false }, performance.now());
    for (let chunk = 0; chunk < 200; chunk++) client.write(Buffer.alloc(100_000));
    await eventually(() => expect(look().unackedMs).toBeGreaterThan(1_000), { timeoutMs: 4_000, everyMs: 100 });
    let longestMs = 0;
    await eventually(
      () => {
        const { unackedMs } = look();
        expect(unackedMs).toBeGreaterThan(longestMs);
        longestMs = unackedMs;
        if (longestMs < 2_500) throw new Error('not that long yet');
      },
      { timeoutMs: 3_000, everyMs: 100 },
    );
    accepted[0]!.resume();
    await eventually(() => expect(look()).toEqual({ queuedBytes: 0, unackedMs: 0 }));
  });

  it('is unknown for a process without one, and for a process that is gone', () => {
    expect(readSendQueue(1).kind).not.toBe('known');
    expect(readSendQueue(4_194_304)).toEqual(absent);
  });

  it('is found among thousands of others', async () => {
    const others: Socket[] = [];
    try {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('not listening');
      for (let n = 0; n < 12; n++) {
        const hundred = Array.from({ length: 100 }, () => connect(address.port, '127.0.0.1'));
        others.push(...hundred);
        for (const socket of hundred) socket.on('error', () => undefined);
        await Promise.all(hundred.map((socket) => once(socket, 'connect')));
      }
      await eventually(() => expect(accepted).toHaveLength(1200));
      for (const socket of others) socket.write(Buffer.alloc(10));
      for (const socket of accepted) socket.pause();
      for (const socket of others.slice(0, 20)) socket.write(Buffer.alloc(4_000_000));
      await eventually(() => {
        const expected = wholeTableQueue();
        expect(expected?.queuedBytes).toBeGreaterThan(10_000_000);
        expect(queueOf(process.pid)?.queuedBytes).toBe(expected?.queuedBytes);
      });
    } finally {
      for (const socket of others) socket.destroy();
    }
  });
});

function queueOf(pid: number): QueueState | null {
  const seen = readSendQueue(pid);
  return seen.kind === 'known' ? seen.value : null;
}

/** The same from the whole table, read by the book. */
function wholeTableQueue(): QueueState | null {
  return parseSendQueues(
    readFileSync('/proc/self/net/tcp', 'latin1'),
    new Set(
      readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? [];
        } catch {
          return [];
        }
      }),
    ),
  );
}
