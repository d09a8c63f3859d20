import type { Command, Option } from '../command.ts';

type Options = Readonly<Record<string, Option>>;

/** What may follow a line that so begins: `''` at its beginning, `media` in a group, `media ls` after a command. */
function wordsAfter(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const after = new Map<string, readonly string[]>();
  const add = (line: string, words: readonly string[]): void =>
    void after.set(line, [...new Set([...(after.get(line) ?? []), ...words])]);
  for (const { name, options } of commands) {
    const [first = '', second] = name.split(' ');
    add('', [first]);
    if (second !== undefined) add(first, [second]);
    add(name, [...options.map((option) => `--${option}`), '--help']);
  }
  add('', ['--help', '--version']);
  return after;
}

/** Only letters, digits and dashes: nothing in these words means anything to a shell. */
const caseOf = (after: ReadonlyMap<string, readonly string[]>): string =>
  [...after].map(([line, words]) => `    '${line}') words='${words.join(' ')}' ;;`).join('\n');

/** Values of options and arguments that are no files are not completed; `bash` falls back on files by itself. */
export function bashScript(commands: readonly Command[], options: Options): string {
  return `# bash completion for streamctl: source <(streamctl completion bash)
_streamctl() {
  local line='' words='' word previous=\${COMP_WORDS[COMP_CWORD - 1]} current=\${COMP_WORDS[COMP_CWORD]}
  case "$previous" in ${withValues(options).join(' | ')}) return ;; esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "$word" in -*) continue ;; esac
    case "\${line:+$line }$word" in
    ${namesOf(commands)}) line="\${line:+$line }$word" ;;
    *) break ;;
    esac
  done
  case "$line" in
${caseOf(wordsAfter(commands))}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _streamctl streamctl`;
}

export function zshScript(commands: readonly Command[], options: Options): string {
  return `#compdef streamctl
# zsh completion for streamctl: streamctl completion zsh > "\${fpath[1]}/_streamctl"
_streamctl() {
  local line='' words_now='' word previous=\${words[CURRENT-1]}
  case "$previous" in ${withValues(options).join('|')}) _files; return ;; esac
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in -*) continue ;; esac
    case "\${line:+$line }$word" in
    ${namesOf(commands).replaceAll(' | ', '|')}) line="\${line:+$line }$word" ;;
    *) break ;;
    esac
  done
  case "$line" in
${caseOf(wordsAfter(commands)).replaceAll(" words='", " words_now='")}
  esac
  compadd -- \${=words_now}
  _files
}
if [ "$funcstack[1]" = _streamctl ]; then _streamctl "$@"; else compdef _streamctl streamctl; fi`;
}

export function fishScript(commands: readonly Command[], options: Options): string {
  const lines = commands.flatMap((command) => {
    const [first = '', second] = command.name.split(' ');
    const isCalled = `__fish_seen_subcommand_from ${first}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${second}`}`;
    const summary = `-d '${command.summary.replaceAll("'", "\\'")}'`;
    const word =
      second === undefined
        ? `complete -c streamctl -n __fish_use_subcommand -a ${first} ${summary}`
        : `complete -c streamctl -n '__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${second}' -a ${second} ${summary}`;
    const flags = [...command.options, 'help'].map((name) => {
      const { value = null, help = '' } = options[name] ?? {};
      return `complete -c streamctl -n '${isCalled}' -l ${name}${value === null ? '' : ' -r'} -d '${help.replaceAll("'", "\\'")}'`;
    });
    const group = second === undefined ? [] : [`complete -c streamctl -n __fish_use_subcommand -a ${first}`];
    return [...group, word, ...flags];
  });
  return ['# fish completion for streamctl: streamctl completion fish | source', ...new Set(lines)].join('\n');
}

const namesOf = (commands: readonly Command[]): string =>
  [...new Set(commands.flatMap(({ name }) => [name.split(' ')[0] ?? '', name]))].map((name) => `'${name}'`).join(' | ');

const withValues = (options: Options): readonly string[] =>
  Object.entries(options).flatMap(([name, { value }]) => (value === null ? [] : [`--${name}`]));
