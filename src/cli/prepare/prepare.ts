import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { knownSpec } from '../desired/known-spec.ts';
import { copiesIn, visualKeys } from '../media/artwork.ts';
import { type MediaAccess, openMediaAccess } from '../media/media-access.ts';
import { tellFailure } from '../media/store-access.ts';
import { houseKey } from './house-file-format.ts';
import { makeHouseFile } from './house-file.ts';
import { interruption } from '../interruption.ts';
import { ProgressLine } from './progress-line.ts';
import { sameCall } from './same-call.ts';
import { openWorkDir } from './work-dir.ts';
import type { Terminal } from '../terminal.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import type { ItemFacts, LocalCopy } from '../../reconcile/model/item.ts';
import { decideCopy } from '../../reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../reconcile/playout/house-format.ts';
import { createUploader } from '../../store/drivers.ts';
import { shownKey } from '../../store/keys.ts';
import type { MediaResult } from '../../store/port.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { printable } from '../../text/terminal.ts';
import { sizeText } from '../../text/units.ts';
import { errorMessage } from '../../system/errors.ts';

/** Encodes an object once into the house format and uploads it, so that it is copied on air from then on. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, terminal } = invocation;
  const key = args[0] ?? '';
  const target = options.get('to') ?? houseKey(key);
  if (target === key)
    return refuse(terminal, `--to ${shownKey(target)} is the original itself, which stays: name another key`);
  const access = await openMediaAccess(invocation);
  if (access === null) return EXIT.usage;
  const { spec: desired, from } = knownSpec(access.settings.configDir, access.settings.stateDir);
  const format = houseFormat(desired);
  const facts = await access.factsOf(key);
  if (facts.kind === 'failed') return tellFailure(facts.failure, terminal);
  const { mode, picture, reasons } = decideCopy(facts.value, format, 'auto');
  if (mode === 'copy') {
    terminal.out(printable(`${key} fits as it is and is copied: nothing to prepare`));
    return EXIT.well;
  }
  if (!options.has('force') && !(await isFree(access, target, terminal))) return EXIT.failed;
  terminal.out(printable(`${key}: ${reasons.join('; ')}`));
  const { width, height, fps, videoBitrateKbps } = format;
  terminal.out(printable(`  -> ${target}: ${width}x${height}, ${fps} fps, ${videoBitrateKbps} kbit/s (${from})`));
  if (picture === 'copy') terminal.out('  its picture fits and is copied, only the sound is encoded');
  const workDir = workDirOf(invocation, access);
  if (workDir === null) return EXIT.failed;
  const signal = interruption();
  const backdrop = await backdropFor(access, facts.value, desired, workDir, signal);
  if (backdrop.kind === 'failed') return tellFailure(backdrop.failure, terminal);
  const order = { facts: facts.value, format, backdrop: backdrop.value, workDir, signal };
  const made = await makeHouseFile(access, order, terminal);
  if (backdrop.dir !== null) rmSync(backdrop.dir, { recursive: true, force: true });
  if (made.kind === 'aborted')
    return fail(terminal, 'ended before it was encoded: nothing was uploaded, and nothing is left');
  if (made.kind === 'failed') return fail(terminal, made.why);
  const now = await access.storage.statMedia(key);
  if (now.kind === 'ok' && now.value.version !== facts.value.version) {
    rmSync(made.path, { force: true });
    return fail(terminal, `${shownKey(key)} was replaced meanwhile: prepare it again`);
  }
  if (!(await upload(access, made.path, target, invocation, signal))) return EXIT.failed;
  rmSync(made.path, { force: true });
  return tellVerdict(access, target, desired, terminal);
}

/** Whether no object has this key. Otherwise, and where the store cannot be asked, what to do is told. */
async function isFree(access: MediaAccess, target: string, terminal: Terminal): Promise<boolean> {
  const there = await access.storage.statMedia(target);
  if (there.kind === 'ok') {
    terminal.note(printable(`${taken(target)} (${sizeText(there.value.sizeBytes)})`));
    return false;
  }
  if (there.failure.reason === 'MediaNotFound') return true;
  tellFailure(there.failure, terminal);
  return false;
}

const taken = (target: string): string =>
  `${shownKey(target)} exists already and stays: --to KEY chooses another key, --force overwrites`;

function workDirOf({ env, cwd, terminal }: Invocation, access: MediaAccess): string | null {
  const tmpDir = env['TMPDIR'] ?? '';
  try {
    return openWorkDir(tmpDir === '' ? null : resolve(cwd, tmpDir), access.settings.stateDir);
  } catch (error) {
    terminal.note(`no directory for the file: ${errorMessage(error)}`);
    return null;
  }
}

type Backdrop = MediaResult<LocalCopy | null> & { readonly dir: string | null };

/** A copy of the picture that is encoded under sound alone: the first visual of desired.yaml, else its slate. */
async function backdropFor(
  access: MediaAccess,
  facts: ItemFacts,
  desired: DesiredSpec,
  workDir: string,
  signal: AbortSignal,
): Promise<Backdrop> {
  if (facts.video !== null) return { kind: 'ok', value: null, dir: null };
  const visuals = await visualKeys(access.storage, desired.visual);
  if (visuals.kind === 'failed') return { ...visuals, dir: null };
  const key = visuals.value[0] ?? desired.slate;
  if (key === null) return { kind: 'ok', value: null, dir: null };
  const dir = join(workDir, `backdrop.${process.pid}.part`);
  mkdirSync(dir, { mode: 0o700 });
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const copies = copiesIn(dir, access, writeFileAtomically);
  copies.keep(key, 0);
  for (;;) {
    const copy = copies.copyOf(key);
    if (copy.kind !== 'pending') return { ...copy, dir };
    if (signal.aborted) return { kind: 'ok', value: null, dir };
    await sleep(100, undefined, { signal }).catch(() => undefined);
  }
}

/** True when the file is in the store. Otherwise it is kept, and how to go on is told. */
async function upload(
  access: MediaAccess,
  path: string,
  target: string,
  { options, args, terminal }: Invocation,
  signal: AbortSignal,
): Promise<boolean> {
  const line = new ProgressLine(terminal, 'uploading');
  const end = await createUploader(access.settings.storage, { caFile: access.settings.caFile })({
    path,
    key: target,
    overwrite: options.has('force'),
    onProgress: (sent, size) =>
      line.show({ share: size === 0 ? 1 : sent / size, done: `${sizeText(sent)} of ${sizeText(size)}` }),
    onRetry: (why, waitMs) => {
      line.end();
      terminal.note(printable(`${why}; tried again in ${waitMs / 1000} s`));
    },
    signal,
  });
  line.end();
  switch (end.kind) {
    case 'done':
      return true;
    case 'exists':
      terminal.note(printable(taken(target)));
      break;
    case 'aborted':
      terminal.note('ended before it was uploaded: nothing of it is in the store');
      break;
    case 'failed':
      tellFailure(end.failure, terminal);
      break;
  }
  const again = sameCall(args[0] ?? '', options);
  terminal.note(printable(`the encoded file is kept for a week: ${again} goes on from it`));
  return false;
}

/** Tells whether the object that is in the store now is copied, as the daemon will decide it; gives the exit code. */
async function tellVerdict(
  access: MediaAccess,
  target: string,
  desired: DesiredSpec,
  terminal: Terminal,
): Promise<number> {
  const facts = await access.factsOf(target);
  if (facts.kind === 'failed') return tellFailure(facts.failure, terminal);
  const { mode, reasons } = decideCopy(facts.value, houseFormat(desired), desired.encode);
  const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  terminal.out(printable(`${target}: ${sizeText(facts.value.sizeBytes)}, verdict ${mode}${because}`));
  const { media } = desired;
  const next =
    media.kind === 'prefix' && target.startsWith(media.prefix)
      ? `media: ${media.prefix} plays it too from now on: take the original out of the prefix`
      : `to play it, name it under media: ${JSON.stringify(target)}`;
  terminal.out(printable(next));
  return decideCopy(facts.value, houseFormat(desired), 'auto').mode === 'copy' ? EXIT.well : EXIT.failed;
}
