import { statSync } from 'node:fs';
import { join } from 'node:path';
import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { readDotenv } from '../../../environment/dotenv.ts';
import { SECRET_NAMES } from '../../../environment/names.ts';

/** A file that holds a secret. */
interface SecretFile {
  readonly path: string;
  readonly mode: number;
  readonly gid: number;
}

export async function checkEnvironment({ sources, read, settings, health }: Situation): Promise<readonly Finding[]> {
  const check = 'environment';
  const answer = await health;
  const dotenvPath = join(sources.configDir, '.env');
  const dotenv = readDotenv(dotenvPath);
  // Warnings about the mode of `.env` are left to `judgeSecretFiles`.
  const ofModes = new Set(dotenv.kind === 'ok' ? dotenv.warnings : []);
  const storage = settings?.storage;
  const missing = [
    ...(settings?.streamKey === null ? ['YOUTUBE_STREAM_KEY'] : []),
    ...(storage?.kind === 'unconfigured' ? [storage.failure.message] : []),
  ];
  // A daemon that is live has what this shell lacks, as from systemd's credentials.
  const isLive = answer.kind === 'report' && answer.report.status === 'live';
  const lacking = (line: string): Finding =>
    isLive
      ? unknown(
          check,
          `not set here, but the daemon, which is live, has it: ${line}`,
          'ask in its environment to be sure',
        )
      : failed(check, `not set: ${line}`, 'set it in the environment or .env, see .env.example');
  const correct = 'correct it in the environment or .env';
  const findings = [
    ...(read.kind === 'invalid' ? read.problems : []).map((line) => failed(check, line, correct)),
    ...missing.map(lacking),
    ...sources.warnings.filter((line) => !ofModes.has(line)).map((line) => warning(check, line, correct)),
  ];
  const isEncrypted =
    settings?.rtmpUrl.startsWith('rtmps:') === true ||
    (storage?.kind === 's3' && storage.endpoint?.startsWith('https:') === true);
  if (isEncrypted && settings?.caFile === null) {
    const remedy = 'apt-get install ca-certificates, or set SSL_CERT_FILE';
    findings.push(warning(check, 'no bundle of authorities: certificates cannot be verified', remedy));
  }
  if (findings.length === 0) findings.push(ok(check, 'every variable is well-formed and what is needed is set'));
  const paths = [dotenvPath, ...SECRET_NAMES.flatMap((name) => sources.pathOf(`${name}_FILE`) ?? [])];
  return [...findings, judgeSecretFiles(paths.flatMap(secretFileAt), process.getegid?.() ?? -1)];
}

/** `ownGid`: the group that may read them without harm, as a service's own may (root:stream, 0640). */
export function judgeSecretFiles(files: readonly SecretFile[], ownGid: number): Finding {
  const check = 'secrets';
  const shared = files.filter(({ mode, gid }) => (mode & 0o007) !== 0 || ((mode & 0o070) !== 0 && gid !== ownGid));
  const writable = files.filter(({ mode }) => (mode & 0o022) !== 0);
  const open = [...new Set([...shared, ...writable].map(({ path }) => path))];
  if (open.length > 0) {
    const who = shared.length > 0 ? 'read' : 'written';
    return warning(check, `can be ${who} by other users: ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`);
  }
  return ok(
    check,
    files.length === 0 ? 'in the environment alone, in no file' : 'their files are closed to other users',
  );
}

function secretFileAt(path: string): readonly SecretFile[] {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? [{ path, mode: found.mode & 0o777, gid: found.gid }] : [];
}
