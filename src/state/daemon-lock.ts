import { type Server, createServer } from 'node:net';

/**
 * One daemon per state directory, by the kernel's word: an abstract socket that vanishes with its process. The name is
 * padded to 107 characters, as Node pads the address in some versions and not in others.
 */
export interface DaemonLock {
  release(): void;
}

const NAME_LENGTH = 107;

/** null = another daemon holds it. */
export function takeDaemonLock(stateId: string): Promise<DaemonLock | null> {
  const server: Server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(`\0${`stream-controller-${stateId}-`.padEnd(NAME_LENGTH, 'x')}`, () => {
      server.unref();
      resolve({ release: () => server.close() });
    });
  });
}
