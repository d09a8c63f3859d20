/**
 * The largest that a file of a run gets, its progress or its log: nearly two days of progress (1.5 MB an hour, measured). A
 * daemon empties them long before; without one, the kernel refuses what would go beyond.
 */
export const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Sets that bound. A write beyond it then fails as on a full disk, which costs FFmpeg nothing but its progress; were
 * SIGXFSZ not ignored, it would end FFmpeg. Pipes and sockets have no such limit. Where a filter of system calls forbids
 * it (the service units, which keep no run without a daemon), there is no bound.
 */
const BOUND_FILES = `trap '' XFSZ; ulimit -f ${LARGEST_FILE_BYTES / 1024} 2>/dev/null`;

/**
 * The constant wrappers. No value ever becomes part of a script: they arrive as arguments.
 *
 * Playout: FFmpeg's bytes pass through the gate, `flock --no-fork … cat`; who holds the lock is on air, the next waits
 * with a full pipe. `exec` on every side leaves no shell behind: the started process is FFmpeg itself. Without
 * `--no-fork`, `/proc/locks` would name a wrapper that may be dead.
 */
const DIRECT_SCRIPT = `${BOUND_FILES}; lock=$1; shift; exec "$@" > >(${gate()})`;

/**
 * The gate. GNU's `cat` where there are two, as in Ubuntu 26.04, which calls it `gnucat`: that of uutils makes the FIFO
 * 1 MiB deep (pull request 11623 of uutils/coreutils and those around it), so that a swap would come late by as much, and
 * a position told by what stands in the pipes would be wrong by it.
 */
function gate(): string {
  return 'exec flock --no-fork "$lock" "$(type -P gnucat || echo cat)"';
}

/**
 * The same with the reservoir between FFmpeg and the gate. The gate's pipe is closed in FFmpeg, so that the gate sees
 * the end of the reservoir as soon as `mbuffer` does. Blocks of 4 KiB: what is not a full block waits for more. `HOME`:
 * without one it complains that there is none. What reads ahead runs at a lower priority, so that filling the reservoir
 * never takes the processor from what keeps the stream going; by little, as a busy machine would starve it else.
 */
const RESERVOIR_SCRIPT = [
  BOUND_FILES,
  'lock=$1; bytes=$2; shift 2',
  `exec {gate}> >(${gate()})`,
  'exec nice -n 3 "$@" > >(HOME=/nonexistent exec mbuffer -q -Q -s 4k -m "${bytes}b" 1>&"$gate" {gate}>&-) {gate}>&-',
].join('; ');

/** The lock file reaches the wrapper as this descriptor. */
export const LOCK_FD = 3;
const LOCK_PATH = `/proc/self/fd/${LOCK_FD}`;

/** `reservoirBytes`: how much programme may stand before the gate; null = none, FFmpeg feeds it directly. */
export function playoutCommand(
  ffmpeg: string,
  argv: readonly string[],
  reservoirBytes: number | null,
): { readonly program: string; readonly args: readonly string[] } {
  return reservoirBytes === null
    ? inBash(DIRECT_SCRIPT, 'playout', [LOCK_PATH, ffmpeg, ...argv])
    : inBash(RESERVOIR_SCRIPT, 'playout', [LOCK_PATH, String(reservoirBytes), ffmpeg, ...argv]);
}

const UPLINK_SCRIPT = `${BOUND_FILES}; lock=$1; shift; exec flock --no-fork --nonblock "$lock" "$@"`;

/** Two uplinks are impossible: the second finds the lock held and exits 1 before FFmpeg begins. */
export const uplinkCommand = (ffmpeg: string, argv: readonly string[]) =>
  inBash(UPLINK_SCRIPT, 'uplink', [LOCK_PATH, ffmpeg, ...argv]);

const inBash = (script: string, name: string, args: readonly string[]) => ({
  program: 'bash',
  args: ['--noprofile', '--norc', '-c', script, name, ...args],
});
