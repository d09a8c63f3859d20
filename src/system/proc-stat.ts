/** The fields of `/proc/PID/stat` that matter here; see proc_pid_stat(5). */
export interface ProcStat {
  readonly pid: number;
  /** The first 15 bytes of its program's name. */
  readonly name: string;
  /** One letter: R, S, D, T (stopped), t (traced), Z (zombie), X … */
  readonly state: string;
  /** Of its session, the PID of the process that leads it. */
  readonly sid: number;
  /** Clock ticks since boot at which it started; with the PID it names a process beyond doubt. */
  readonly startTicks: number;
}

/** null when the text is not such a line. The name may hold spaces and parentheses, so fields count from its last `)`. */
export function parseProcStat(text: string): ProcStat | null {
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd < 0) return null;
  const pid = Number.parseInt(text, 10);
  const name = text.slice(text.indexOf('(') + 1, nameEnd);
  const fields = text
    .slice(nameEnd + 1)
    .trim()
    .split(/\s+/);
  const [state] = fields;
  const sid = Number(fields[3]);
  const startTicks = Number(fields[19]);
  if (state === undefined || ![pid, sid, startTicks].every((field) => Number.isSafeInteger(field) && field >= 0))
    return null;
  return { pid, name, state, sid, startTicks };
}
