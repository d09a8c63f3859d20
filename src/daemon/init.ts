import { findProgram } from '../system/programs.ts';

/**
 * bash as PID 1: it reaps whatever ends, passes on what it is told, and ends as its child does. A signal that comes before
 * the child is there is kept for it; `wait` is cut short by each signal, and tells the end once more when it is asked again.
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
 * Where this process is PID 1, as in a container without an init: begins the program anew as the child of a bash that is.
 * The kernel makes PID 1 the parent of every orphan, as a gate whose FFmpeg ended is, and Node waits for its own children
 * only: each would stay a zombie. Returns where there is nothing to do, or no bash to do it.
 */
export function liveUnderInit(): void {
  const bash = process.pid === 1 ? findProgram('bash', process.env['PATH'] ?? '') : null;
  if (bash === null || process.execve === undefined) return;
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(bash, ['bash', '--noprofile', '--norc', '-c', SCRIPT, 'init', ...self], process.env);
}
