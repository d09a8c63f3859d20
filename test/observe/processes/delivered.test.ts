import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseDelivered, readDelivered } from '../../../src/observe/processes/delivered.ts';
import { eventually } from '../../fixtures/eventually.ts';

/** As `ss` of iproute2 6.1 prints it. */
const SS = `ESTAB 0      0      127.0.0.1:41502 127.0.0.1:8000 users:(("ffmpeg",pid=4711,fd=5))
\t bbr wscale:10,10 rto:204 bytes_received:1000 segs_out:1
ESTAB 0      142668 10.0.0.2:60852 142.250.1.1:1935 users:(("ffmpeg",pid=471,fd=4))
\t bbr wscale:10,10 rto:836 mss:1448 bytes_sent:1169748 bytes_acked:1109333 delivery_rate 3423720bps busy:1492ms rwnd_limited:424ms(28.4%) unacked:1
`;

describe('what has been delivered over a connection', () => {
  it('is read off the line below the one that names its process', () => {
    expect(parseDelivered(SS, 471)).toEqual({ ackedBytes: 1_109_333, busyMs: 1_492 });
  });

  it.each([4_711, 71, 5])('is not known of process %d, which has none that sends', (pid) => {
    expect(parseDelivered(SS, pid)).toBeNull();
  });

  it('is told by this machine of a connection of ours', async () => {
    const server = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    try {
      socket.write(Buffer.alloc(100_000));
      await eventually(async () => {
        const found = await readDelivered(process.pid, AbortSignal.timeout(10_000));
        expect(found?.ackedBytes).toBeGreaterThanOrEqual(100_000);
      });
    } finally {
      socket.destroy();
      server.close();
    }
  });
});
