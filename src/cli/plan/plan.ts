import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type Invocation, refuse } from '../command.ts';
import { readDesiredSource } from '../desired/source.ts';
import { tellProblems, validationJson } from '../desired/validate.ts';
import { plannedItems } from './items.ts';
import { findOnAir } from './on-air.ts';
import { specDiff } from './spec-diff.ts';
import { type Accepted, type Comparison, comparisonLines, notesOf } from './text.ts';
import { findLivingRuns } from '../status/living-runs.ts';
import { findDaemon } from '../../environment/daemon-place.ts';
import { askHealth } from '../../health/client.ts';
import { parseDesired } from '../../observe/desired/parse.ts';
import type { DesiredSpec } from '../../reconcile/model/desired.ts';
import { STATE_FILES } from '../../state/files.ts';
import { errorCode } from '../../system/errors.ts';

/** Compares a file with what is applied; touches nothing. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, args, env, cwd, terminal } = invocation;
  const found = findDaemon(env, cwd);
  if (found.kind === 'wrong') return refuse(terminal, found.message);
  const { stateDir } = found.place;
  const source = await readDesiredSource(args[0], env, cwd);
  const { file, name } = source;
  if (file.kind !== 'ok') {
    if (options.has('json')) terminal.out(JSON.stringify(validationJson(source), null, 2));
    else tellProblems(source, terminal);
    return EXIT.usage;
  }
  const [answer, items] = await Promise.all([askHealth(found.place), plannedItems(invocation, file.spec)]);
  const report = answer.kind === 'report' ? answer.report : null;
  const accepted = readAccepted(stateDir, file.hash, report?.applied.hash ?? null, file.spec);
  const remains = answer.kind === 'silent' ? findLivingRuns(stateDir, Date.now()) : null;
  const onAir = await findOnAir(stateDir, answer, remains);
  const comparison: Comparison = {
    name,
    hash: file.hash,
    accepted,
    answer,
    remains,
    onAir,
    diff: specDiff(accepted.kind === 'ok' ? accepted.spec : null, file.spec, onAir),
    items,
    needsLogin: file.spec.broadcast !== null && !existsSync(join(stateDir, STATE_FILES.youtubeToken)),
  };
  if (options.has('json')) terminal.out(JSON.stringify(jsonOf(comparison), null, 2));
  else terminal.out(comparisonLines(comparison, terminal.isInteractive ? terminal.size().columns : null).join('\n'));
  return EXIT.well;
}

/** The last file the daemon accepted. Where that cannot be read, the given file stands for it if its hash is the applied one. */
function readAccepted(stateDir: string, hash: string, appliedHash: string | null, spec: DesiredSpec): Accepted {
  const same: Accepted = { kind: 'ok', hash, spec };
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(stateDir, STATE_FILES.lastGood));
  } catch (error) {
    if (hash === appliedHash) return same;
    const code = errorCode(error, '');
    if (code === 'ENOENT') return { kind: 'none' };
    return { kind: 'unreadable', why: `the file accepted last cannot be read (${code})` };
  }
  const last = parseDesired(bytes);
  if (last.kind === 'ok') return last;
  if (hash === appliedHash) return same;
  return { kind: 'unreadable', why: 'the file accepted last is not valid for this version' };
}

function jsonOf(comparison: Comparison): object {
  const { name, hash, accepted, answer, onAir, diff } = comparison;
  return {
    file: name,
    hash,
    valid: true,
    comparedWith: accepted.kind === 'ok' ? accepted.hash : null,
    applied: answer.kind === 'report' ? answer.report.applied.hash : null,
    onAir: onAir.kind === 'item' ? { kind: 'item', key: onAir.key, mode: onAir.mode } : onAir,
    ...diff,
    sessionSurvives: diff.session === 'survives',
    items: comparison.items?.items ?? [],
    itemsInAll: comparison.items?.total ?? null,
    notes: notesOf(comparison),
  };
}
