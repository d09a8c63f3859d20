import { findProgram } from '../system/programs.ts';

/**
 * bash as PID 1: it reaps every process that ends, passes signals on to its child, and exits with the child's code. A signal
 * that comes before the child is started is kept for it. `wait` returns early at each signal, so it is repeated.
 */
const SCRIPT = `
pass() { told=$1; [ -z "$child" ] || kill -s "$1" "$child" 2>/dev/null; }
for signal in TERM INT HUP; do trap "pass $signal" "$signal"; done
"$@" &
child=$!
[ -z "$told" ] || kill -s "$told" "$child"
while kill -0 "$child" 2>/dev/null; do wait "$child"; done
wait "$child"
`;

/**
 * Where this process is PID 1, as in a container without an init: starts the program anew as the child of a bash that is
 * PID 1. The kernel makes PID 1 the parent of every orphan, such as a gate whose FFmpeg has ended, and Node waits for its
 * own children only: each orphan would stay a zombie. Returns where this process is not PID 1, or there is no bash.
 */
export function liveUnderInit(): void {
  const bash = process.pid === 1 ? findProgram('bash', process.env['PATH'] ?? '') : null;
  if (bash === null || process.execve === undefined) return;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(bash, ['bash', '--noprofile', '--norc', '-c', SCRIPT, 'init', ...self], process.env);
}
