import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT } from '../../src/cli/command.ts';
import { type Edit, editDesired } from '../../src/cli/desired/edit.ts';
import { secretsNear } from '../../src/cli/desired/source.ts';

/**
 * Changes one value of `desired.yaml` in a directory, whole or not at all, and prints the hash of the file before and
 * after; with `check` before the directory it only tells whether it could. Owner and mode stay. The caller holds a lock on the directory (flock), so that two edits come one after the other.
 */
function main(argv: readonly string[]): number {
  const onlyChecks = argv[0] === 'check';
  const [configDir = '', ...words] = argv.slice(onlyChecks ? 1 : 0);
  const edit = editOf(words);
  if (edit === null) return complain('use: edit-desired.ts [check] DIRECTORY running true|false, or … media KEY...');
  try {
    // What a symlink leads to is edited, not the link replaced.
    const path = realpathSync(join(configDir, 'desired.yaml'));
    const bytes = readFileSync(path);
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) return complain(`${path} is not UTF-8`);
    const edited = editDesired(text, edit, { secrets: secretsNear(process.env, configDir) });
    if (edited.kind === 'refused') return complain(...edited.lines);
    if (edited.text !== text && !onlyChecks) {
      replace(path, bytes, edited.text);
      if (existsSync(join(dirname(path), '.git')))
        process.stderr.write(`${path} is part of a git checkout: commit the change there, or the next pull may stop\n`);
    }
    process.stdout.write(`${edited.before} ${edited.hash}\n`);
    return EXIT.well;
  } catch (error) {
    process.stderr.write(`desired.yaml stays as it was: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
}

function editOf([kind, ...values]: readonly string[]): Edit | null {
  const [value = ''] = values;
  if (kind === 'running' && values.length === 1 && ['true', 'false'].includes(value))
    return { kind, running: value === 'true' };
  return kind === 'media' && values.length > 0 ? { kind, entries: values } : null;
}

/** The new text in place of the old, by one rename, and on the disk before it counts. */
function replace(path: string, old: Uint8Array, text: string): void {
  const { mode, uid, gid } = statSync(path);
  const temporary = join(dirname(path), `.desired.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fchownSync(file, uid, gid);
      fchmodSync(file, mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // An editor knows nothing of the lock.
    if (!readFileSync(path).equals(old)) throw new Error('somebody else has just changed it; look, and try again');
    renameSync(temporary, path);
    const directory = openSync(dirname(path), 'r');
    fsyncSync(directory);
    closeSync(directory);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function complain(...lines: readonly string[]): number {
  for (const line of lines) process.stderr.write(`${line}\n`);
  return EXIT.usage;
}

process.exitCode = main(process.argv.slice(2));
