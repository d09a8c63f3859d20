import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readLogin } from '../../youtube/login/token.ts';
import { EXIT, type Invocation, fail } from '../command.ts';
import { settingsFor } from '../settings.ts';
import { connectSettings } from './connection.ts';
import { STATE_FILES } from '../../state/files.ts';
import { errorMessage } from '../../system/errors.ts';

/** Takes the login back at Google and forgets it here, the latter also where the former fails. */
export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const settings = settingsFor(invocation);
  if (settings === null) return EXIT.usage;
  const tokenFile = join(settings.stateDir, STATE_FILES.youtubeToken);
  const read = readLogin(tokenFile);
  if (read.kind === 'none') {
    terminal.out('There was no login.');
    return EXIT.well;
  }
  const revoked =
    settings.youtube !== null && read.kind === 'ok'
      ? await connectSettings(settings, settings.youtube).oauth.revoke(read.login.refreshToken)
      : null;
  try {
    rmSync(tokenFile, { force: true });
  } catch (error) {
    return fail(terminal, `the login cannot be removed: ${errorMessage(error)}`);
  }
  if (revoked?.kind === 'ok') {
    terminal.out('Logged out: the login is revoked and forgotten.');
    return EXIT.well;
  }
  const why = revoked === null ? '' : ` (${revoked.failure.reason})`;
  return fail(
    terminal,
    `the login is forgotten here, but Google was not told${why}: remove the app at myaccount.google.com/connections`,
  );
}
