/**
 * The largest size of a run's progress file or log: nearly two days of progress (1.5 MB an hour, measured). A daemon
 * empties them long before that; without a daemon the kernel refuses to write more.
 */
export const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Sets that bound. A write beyond it fails as on a full disk, which costs FFmpeg its progress only. SIGXFSZ, which would
 * end FFmpeg, is ignored. Pipes and sockets have no such limit. The service units forbid the system call, and then there
 * is no bound; they keep no run without a daemon.
 */
const BOUND_FILES = `trap '' XFSZ; ulimit -f ${LARGEST_FILE_BYTES / 1024} 2>/dev/null`;

/**
 * The gate. It uses GNU's `cat` where there are two: Ubuntu 26.04 calls that one `gnucat`. The `cat` of uutils makes the
 * FIFO 1 MiB deep (pull request 11623 of uutils/coreutils and those around it). A swap would come late by as much, and a
 * position reckoned by the depth of the pipes would be wrong by it.
 */
const GATE = 'exec flock --no-fork "$lock" "$(type -P gnucat || echo cat)"';

/**
 * What each playout begins with: as many zeros as a packet of MPEG-TS has bytes. The one before it may have been killed in the
 * middle of a packet, which the uplink completes by what follows. Completed by the beginning of a stream, the head of a frame of
 * sound got a wrong time or length, and took up to 8 KiB of the next item's sound, 10 s of quiet sound (measured).
 */
export const LEAD_IN_BYTES = 188;
const LEAD_IN = `printf '\\0%.0s' {1..${LEAD_IN_BYTES}}`;

/**
 * The scripts are constant: every value arrives as an argument and none becomes part of a script.
 *
 * Playout: FFmpeg's bytes pass through the gate, `flock --no-fork … cat`. The playout whose gate holds the lock is on air;
 * the next one waits with a full pipe. `exec` on every side leaves no shell behind: the started process is FFmpeg itself.
 * Without `--no-fork`, `/proc/locks` would name a wrapper that may be dead.
 */
const DIRECT_SCRIPT = `${BOUND_FILES}; lock=$1; shift; exec > >(${GATE}); ${LEAD_IN}; exec "$@"`;

/**
 * The same with the reservoir, `mbuffer`, between FFmpeg and the gate. The gate's pipe is closed in FFmpeg, so that the
 * gate gets EOF as soon as `mbuffer` ends. Blocks of 4 KiB: bytes that fill no block wait for more. `HOME` is set because
 * `mbuffer` complains without one. FFmpeg and `mbuffer` run at a lower priority, so that filling the reservoir never takes
 * the processor from the uplink; only a little lower, as a busy machine would starve them otherwise.
 */
const RESERVOIR_SCRIPT = [
  BOUND_FILES,
  'lock=$1; bytes=$2; shift 2',
  `exec {gate}> >(${GATE})`,
  'exec > >(HOME=/nonexistent exec mbuffer -q -Q -s 4k -m "${bytes}b" 1>&"$gate" {gate}>&-) {gate}>&-',
  LEAD_IN,
  'exec nice -n 3 "$@"',
].join('; ');

/** The wrapper gets the lock file as this descriptor. */
export const LOCK_FD = 3;
const LOCK_PATH = `/proc/self/fd/${LOCK_FD}`;

/** `reservoirBytes`: how much programme may stand before the gate; null = none, FFmpeg feeds it directly. */
export const playoutCommand = (ffmpeg: string, argv: readonly string[], reservoirBytes: number | null) =>
  reservoirBytes === null
    ? inBash(DIRECT_SCRIPT, 'playout', [LOCK_PATH, ffmpeg, ...argv])
    : inBash(RESERVOIR_SCRIPT, 'playout', [LOCK_PATH, String(reservoirBytes), ffmpeg, ...argv]);

const UPLINK_SCRIPT = `${BOUND_FILES}; lock=$1; shift; exec flock --no-fork --nonblock "$lock" "$@"`;

/** Two uplinks are impossible: the second finds the lock held and exits 1 before FFmpeg begins. */
export const uplinkCommand = (ffmpeg: string, argv: readonly string[]) =>
  inBash(UPLINK_SCRIPT, 'uplink', [LOCK_PATH, ffmpeg, ...argv]);

const inBash = (script: string, name: string, args: readonly string[]) => ({
  program: 'bash',
  args: ['--noprofile', '--norc', '-c', script, name, ...args],
});
