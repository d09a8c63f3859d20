import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Invocation, refuse } from '../command.ts';
import { type Edit, editDesired } from './edit.ts';
import { missingMedia } from './missing-media.ts';
import { isInCheckout, openDesired, replaceDesired, whileLocked } from './replace.ts';
import { secretsNear } from './source.ts';
import { currentStatus } from '../status/current-status.ts';
import { type Awaited, waitFor } from '../status/wait.ts';
import { type DaemonPlace, findDaemon } from '../../environment/daemon-place.ts';
import { errorMessage } from '../../system/errors.ts';

const DEFAULT_TIMEOUT_S = '120';
const ACCEPTED = 'accepted: running=true, running=false, media=KEY[,KEY...] (a comma within a key as \\,)';

/** The hashes of the file before and after. */
interface Hashes {
  readonly before: string;
  readonly hash: string;
}

/** Changes values of `desired.yaml`, whole or not at all; with `--wait` it waits until what the file says is so. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, env, cwd, terminal } = invocation;
  const wrong = (message: string): number => refuse(terminal, message);
  const edits = editsOf(args);
  if (edits === null) return wrong(`set: ${ACCEPTED}`);
  const timeout = options.get('timeout') ?? DEFAULT_TIMEOUT_S;
  if (!/^[1-9][0-9]{0,6}$/.test(timeout)) return wrong('--timeout: accepted: seconds, 1 or more');
  if (edits.length === 0 && !options.has('wait')) return wrong(`set: what? ${ACCEPTED}`);
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return wrong(found.message);
  const { place } = found;

  const edited = edits.length === 0 ? null : await edit(invocation, place, edits);
  if (typeof edited === 'number') return edited;
  if (!options.has('wait')) {
    const what = edited?.before === edited?.hash ? 'says so already' : 'is changed';
    terminal.out(`desired.yaml ${what} (${edited?.hash ?? ''})`);
    return EXIT.well;
  }
  const isOff = edits.some((each) => each.kind === 'running' && !each.running);
  const awaited: Awaited = {
    goal: isOff ? 'offAir' : 'settled',
    before: edited?.before ?? null,
    hash: edited?.hash ?? null,
  };
  const end = await waitFor(awaited, Number(timeout) * 1000, {
    look: () => currentStatus(place),
    sleep,
    nowMs: () => performance.now(),
    tell: terminal.out,
  });
  const goal = isOff ? 'off air' : 'as wished';
  if (end === 'late') terminal.problem(`not ${goal} within ${timeout} s; the wish stands, and a daemon goes on trying`);
  return end === 'reached' ? EXIT.well : EXIT.failed;
}

/** The edits that the words ask for; several `media=` are one list. null = a word is none of those accepted. */
function editsOf(words: readonly string[]): readonly Edit[] | null {
  const entries: string[] = [];
  const edits: Edit[] = [];
  for (const word of words) {
    if (word === 'running=true' || word === 'running=false')
      edits.push({ kind: 'running', running: word === 'running=true' });
    else if (word.startsWith('media=')) entries.push(...splitAtCommas(word.slice('media='.length)));
    else return null;
  }
  if (entries.some((entry) => entry === '')) return null;
  return entries.length === 0 ? edits : [...edits, { kind: 'media', entries }];
}

const splitAtCommas = (text: string): string[] =>
  [...text.matchAll(/(?:^|,)((?:\\[\s\S]|[^\\,])*)/g)].map(([, entry = '']) => entry.replaceAll(/\\([\\,])/g, '$1'));

const NOT_THERE = 'desired.yaml stays as it was; streamctl media ls lists what there is, --force takes it all the same';

/** Edits the file. An exit code where nothing was changed, which is told. */
async function edit(
  invocation: Invocation,
  { configDir }: DaemonPlace,
  edits: readonly Edit[],
): Promise<Hashes | number> {
  const { options, env, terminal } = invocation;
  const complain = (code: number, ...lines: readonly string[]): number => {
    for (const line of lines) terminal.problem(line);
    return code;
  };
  try {
    return await whileLocked(configDir, async () => {
      const { path, bytes } = openDesired(configDir);
      const old = bytes.toString('utf8');
      if (!Buffer.from(old).equals(bytes)) return complain(EXIT.usage, `${path} is not UTF-8`);
      let text = old;
      const hashes: Hashes[] = [];
      for (const each of edits) {
        const edited = editDesired(text, each, { secrets: secretsNear(env, configDir) });
        if (edited.kind === 'refused') return complain(EXIT.usage, ...edited.lines);
        hashes.push(edited);
        ({ text } = edited);
      }
      const entries = edits.flatMap((each) => (each.kind === 'media' ? each.entries : []));
      if (!options.has('force') && (await missingMedia(entries, invocation)) > 0) {
        return complain(EXIT.failed, NOT_THERE);
      }
      if (text !== old) {
        replaceDesired(path, bytes, text);
        if (isInCheckout(path))
          terminal.problem(`${path} is part of a git checkout: commit the change there, or the next pull may stop`);
      }
      return { before: hashes[0]?.before ?? '', hash: hashes.at(-1)?.hash ?? '' };
    });
  } catch (error) {
    return complain(EXIT.failed, `desired.yaml stays as it was: ${errorMessage(error)}`);
  }
}
