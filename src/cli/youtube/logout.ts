import { readLogin, removeLogin } from '../../youtube/login/token.ts';
import { EXIT, type Invocation, fail } from '../command.ts';
import { connectFor } from './connection.ts';
import { errorMessage } from '../../system/errors.ts';

/** Takes the login back at Google and forgets it here, the latter also where the former fails. */
export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const connected = connectFor(invocation);
  if (connected.kind === 'malformed') return EXIT.usage;
  const tokenFile = connected.kind === 'ok' ? connected.connection.tokenFile : connected.tokenFile;
  const read = readLogin(tokenFile);
  if (read.kind === 'none') {
    terminal.out('There was no login.');
    return EXIT.well;
  }
  const revoked =
    connected.kind === 'ok' && read.kind === 'ok'
      ? await connected.connection.oauth.revoke(read.login.refreshToken)
      : null;
  try {
    removeLogin(tokenFile);
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
