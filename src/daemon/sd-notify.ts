import { spawn } from 'node:child_process';

/** systemd-notify waits 5 s for systemd itself; one that takes longer than this is stuck. */
const GIVE_UP_MS = 10_000;

/** Delivers assignments such as `READY=1`; answers with what went wrong, null = systemd has taken them. */
export type SdNotify = (assignments: readonly string[]) => Promise<string | null>;

/**
 * sd_notify(3) by systemd-notify(1), as Node has no datagram sockets of this kind. It waits until systemd has read the
 * message: systemd finds the unit by the sender, which must still live. The unit needs NotifyAccess=all.
 */
export function sdNotifier(socket: string, path: string): SdNotify {
  return (assignments) =>
    new Promise((resolve) => {
      const child = spawn('systemd-notify', assignments, {
        env: { PATH: path, NOTIFY_SOCKET: socket },
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: GIVE_UP_MS,
        killSignal: 'SIGKILL',
      });
      let complaint = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-1000)));
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) =>
        resolve(code === 0 ? null : complaint.trim() || `ended with ${code ?? signal}`),
      );
    });
}
