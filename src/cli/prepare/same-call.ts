import { quotedWord, shellWord } from '../media/inspection.ts';

/** The call that goes on from where this one ended, as typed in a shell: the same key, and the options that were given. */
export function sameCall(key: string, options: ReadonlyMap<string, string>): string {
  const to = options.get('to');
  const given = [
    ...(to === undefined ? [] : [to.startsWith('-') ? `--to=${quotedWord(to)}` : `--to ${quotedWord(to)}`]),
    ...(options.has('force') ? ['--force'] : []),
  ];
  // Behind `--` nothing is an option any more.
  const words = key.startsWith('-') ? [...given, shellWord(key)] : [shellWord(key), ...given];
  return ['streamctl media prepare', ...words].join(' ');
}
