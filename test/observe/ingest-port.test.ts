import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IngestPort } from '../../src/observe/ingest-port.ts';
import { eventually } from '../fixtures/eventually.ts';
import { freePort } from '../fixtures/workspace.ts';

let servers: Server[];
let sockets: Socket[];
let children: ChildProcess[];
let nowMs: number;
let wakes: number;

beforeEach(() => {
  servers = [];
  sockets = [];
  children = [];
  nowMs = 1_000_000;
  wakes = 0;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

const probeOf = (url: string): IngestPort =>
  new IngestPort(
    url,
    () => nowMs,
    () => (wakes += 1),
  );

async function listen(port: number, host = '127.0.0.1'): Promise<{ readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return { connections: () => connections };
}

describe('the ingest port', () => {
  it('is not asked by itself', () => {
    expect(probeOf('rtmp://127.0.0.1:1/live2').read()).toEqual({ kind: 'idle' });
  });

  it('accepts, and says so at once, without a byte being sent', async () => {
    const port = await freePort();
    await listen(port);
    const probe = probeOf(`rtmp://127.0.0.1:${port}/live2`);
    probe.ask();
    await eventually(() => expect(probe.read()).toEqual({ kind: 'accepts', atMs: nowMs }));
    expect(wakes).toBe(1);
    await eventually(() => expect(sockets[0]?.bytesRead).toBe(0));
  });

  it('refuses, then accepts: each change wakes once, a repetition does not', async () => {
    const port = await freePort();
    const probe = probeOf(`rtmp://127.0.0.1:${port}/live2`);
    probe.ask();
    await eventually(() => expect(probe.read()).toMatchObject({ kind: 'refuses', message: 'ECONNREFUSED' }));
    expect(wakes).toBe(1);
    nowMs += 1_500;
    probe.ask();
    await eventually(() => expect(probe.read()).toMatchObject({ kind: 'refuses', atMs: nowMs }));
    expect(wakes).toBe(1);
    await listen(port);
    nowMs += 1_500;
    probe.ask();
    await eventually(() => expect(probe.read()).toMatchObject({ kind: 'accepts' }));
    expect(wakes).toBe(2);
  });

  it('is tried once at a time, and once in a second and a half', async () => {
    const port = await freePort();
    const { connections } = await listen(port);
    const probe = probeOf(`rtmp://127.0.0.1:${port}/live2`);
    for (let n = 0; n < 10; n++) probe.ask();
    await eventually(() => expect(probe.read().kind).toBe('accepts'));
    nowMs += 1_499;
    probe.ask();
    nowMs += 1;
    probe.ask();
    await eventually(() => expect(connections()).toBe(2));
  });

  it('is unknown again when the answer has grown old', async () => {
    const port = await freePort();
    const probe = probeOf(`rtmp://127.0.0.1:${port}/live2`);
    probe.ask();
    await eventually(() => expect(probe.read().kind).toBe('refuses'));
    nowMs += 60_000;
    expect(probe.read()).toEqual({ kind: 'idle' });
  });

  it('gives up within seconds on a port that never answers', async () => {
    const port = await blackHole();
    const probe = probeOf(`rtmp://127.0.0.1:${port}/live2`);
    const startedMs = performance.now();
    probe.ask();
    expect(probe.read()).toEqual({ kind: 'idle' });
    await eventually(() => expect(probe.read()).toMatchObject({ kind: 'refuses', message: 'no answer' }));
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  it('refuses under a name that does not exist', async () => {
    const probe = probeOf('rtmp://ingest.invalid/live2');
    probe.ask();
    await eventually(() => expect(probe.read().kind).toBe('refuses'), { timeoutMs: 8_000 });
  });

  it('is reached over IPv6 in brackets', async () => {
    const port = await freePort();
    await listen(port, '::1');
    const probe = probeOf(`rtmps://[::1]:${port}/live2`);
    probe.ask();
    await eventually(() => expect(probe.read().kind).toBe('accepts'));
  });
});

/** A listening port whose backlog is full: the kernel drops what else comes. */
async function blackHole(): Promise<number> {
  const child = spawn(process.execPath, [
    '-e',
    // One process that listens with the smallest backlog and then never looks at it again.
    `const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>{
      process.stdout.write(String(s.address().port)+'\\n',()=>{process.kill(process.pid,'SIGSTOP')})})`,
  ]);
  children.push(child);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(chunk.toString());
  for (let n = 0; n < 8; n++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  await eventually(() => expect(sockets.filter((socket) => !socket.connecting).length).toBeGreaterThanOrEqual(1));
  return port;
}
