import type { Option } from './command.ts';

/** Every option there is, by name. */
export const OPTIONS: Readonly<Record<string, Option>> = {
  json: { value: null, help: 'for programs: JSON on stdout' },
  watch: { value: null, help: 'again every second until Ctrl-C; where stdout is no terminal, a line for every change' },
  since: { value: 'AGE', help: 'how far back: 12h, 7d, 2w, or a date' },
  at: { value: 'TIME', help: "one moment: 03:12, or '2026-03-28 03:12'" },
  timezone: { value: 'NAME', help: 'whose days: an IANA name such as Europe/Berlin' },
  viewers: { value: 'N', help: 'average viewers, for the arithmetic of watch hours' },
  'budget-gb': { value: 'N', help: 'traffic a month the provider grants, in GB' },
  svg: { value: 'FILE', help: 'also write a picture' },
  check: { value: null, help: 'start nothing, only look whether it would start' },
  to: { value: 'KEY', help: 'where it goes; default: beside the original, as NAME.house.mp4' },
  force: { value: null, help: 'overwrite what is there; set: take keys that the store has not' },
  wait: { value: null, help: 'wait until what the file says is so, with a line for every change' },
  timeout: { value: 'SECONDS', help: 'how long to wait; 120 unless given' },
  line: { value: null, help: 'one line for logs and monitors' },
  help: { value: null, help: 'this text' },
  version: { value: null, help: 'the version' },
};
