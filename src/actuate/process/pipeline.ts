/**
 * The two constant wrappers. No value ever becomes part of a script: they arrive as arguments.
 *
 * Playout: FFmpeg's bytes pass through the gate, `flock --no-fork … cat`; who holds the lock is on air, the next waits
 * with a full pipe. `exec` on both sides leaves no shell behind: the started process is FFmpeg itself, its one child
 * the gate. Without `--no-fork`, `/proc/locks` would name a wrapper that may be dead.
 */
const PLAYOUT_SCRIPT = 'lock=$1; shift; exec "$@" > >(exec flock --no-fork "$lock" cat)';

/** The lock file reaches the wrapper as this descriptor. */
export const LOCK_FD = 3;
const LOCK_PATH = `/proc/self/fd/${LOCK_FD}`;

export const playoutCommand = (ffmpeg: string, argv: readonly string[]) => ({
  program: 'bash',
  args: ['--noprofile', '--norc', '-c', PLAYOUT_SCRIPT, 'playout', LOCK_PATH, ffmpeg, ...argv],
});

/** Two uplinks are impossible: the second finds the lock held and exits 1 before FFmpeg begins. */
export const uplinkCommand = (ffmpeg: string, argv: readonly string[]) => ({
  program: 'flock',
  args: ['--no-fork', '--nonblock', LOCK_PATH, ffmpeg, ...argv],
});
