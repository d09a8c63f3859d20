import { chownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeStateDir } from '../../state/state-dir.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import { runDeviceFlow } from '../../youtube/login/device-flow.ts';
import { SCOPE, type DeviceCode, type Grant } from '../../youtube/login/oauth.ts';
import { writeLogin, type Login } from '../../youtube/login/token.ts';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { settingsFor } from '../settings.ts';
import { connectSettings, NO_CLIENT, type CommandConnection } from './connection.ts';
import { errorMessage } from '../../system/errors.ts';

/** Logs in at YouTube by a code typed on another device. The login there was stays until another is granted. */
export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const settings = settingsFor(invocation);
  if (settings === null) return EXIT.usage;
  if (settings.youtube === null) return refuse(terminal, NO_CLIENT);
  const connection = connectSettings(settings, settings.youtube);
  const end = await runDeviceFlow(connection.oauth, {
    show: (code) => terminal.out(instructions(code)),
    sleep: (ms) => sleep(ms),
    monoMs: () => performance.now(),
  });
  switch (end.kind) {
    case 'granted':
      return finish(connection, end.grant, terminal);
    case 'denied':
      return fail(terminal, 'it was denied; nothing has changed');
    case 'expired':
      return fail(terminal, 'nobody typed the code in time; run "streamctl youtube login" for another');
    case 'failed':
      return fail(terminal, end.failure.message);
  }
}

function instructions({ verificationUrl, userCode, expiresInS }: DeviceCode): string {
  return `On any device, open ${verificationUrl} and type:

    ${userCode}

Sign in with the account of the channel, choose the channel, and allow it. That Google has not verified this app is
expected, for it is your own: Advanced, then "Go to ... (unsafe)". Waiting for ${duration(expiresInS * 1000)} at most.
`;
}

/**
 * Keeps the login, then says what it is good for. The one before is not revoked: Google would take back all that this
 * client was ever granted, the new one included.
 */
async function finish(connection: CommandConnection, grant: Grant, terminal: Terminal): Promise<number> {
  if (!grant.scope.split(' ').includes(SCOPE))
    return fail(terminal, 'the login may not manage YouTube; run "streamctl youtube login" again, and allow it');
  const login: Login = {
    refreshToken: grant.refreshToken,
    scope: grant.scope,
    channelId: null,
    authorizedAt: new Date().toISOString(),
  };
  try {
    makeStateDir(dirname(connection.tokenFile));
    keep(connection.tokenFile, login);
  } catch (error) {
    return fail(terminal, `the login cannot be kept: ${errorMessage(error)}`);
  }
  if (grant.expiresInS !== null) terminal.note(testingWarning(grant.expiresInS));
  const channel = await connection.youtube.channel();
  if (channel.kind === 'failed' || channel.value === null) {
    const why = channel.kind === 'failed' ? `: ${channel.failure.message}` : NO_CHANNEL;
    terminal.note(printable(`logged in, but${why}`));
    return EXIT.well;
  }
  keep(connection.tokenFile, { ...login, channelId: channel.value.id });
  terminal.out(`Logged in: ${printable(channel.value.title)} (${channel.value.id}).`);
  await tellStream(connection, terminal);
  terminal.out('A daemon that runs notices within a minute; "streamctl youtube status" shows what YouTube sees.');
  return EXIT.well;
}

const NO_CHANNEL = ' this account has no channel; run "streamctl youtube login" again and choose it';

async function tellStream({ youtube, settings }: CommandConnection, terminal: Terminal): Promise<void> {
  const { streamKey } = settings;
  if (streamKey === null)
    return terminal.note('YOUTUBE_STREAM_KEY is not set, so it is not known which stream of the channel is meant');
  const found = await youtube.findStream(streamKey);
  if (found.kind === 'failed') return terminal.note(printable(found.failure.message));
  if (found.value === null) return terminal.note(NO_STREAM);
  terminal.out(`Stream: ${printable(found.value.title)} has our key.`);
  if (found.value.takesAnySize === false)
    terminal.note('this stream has a fixed resolution or frame rate, so YouTube may report issues that are none');
}

const NO_STREAM =
  'no stream of this channel has YOUTUBE_STREAM_KEY: it is the key of another channel, or was renewed in Studio; the login is kept';

/** Of the user whose daemon is to read it, where somebody logs in as root. */
function keep(path: string, login: Login): void {
  writeLogin(path, login);
  const { uid, gid } = statSync(dirname(path));
  if (process.getuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
}

const testingWarning = (expiresInS: number): string =>
  `warning: this login ends in ${duration(expiresInS * 1000)}, because the app's publishing status is Testing: Google Auth ` +
  'Platform, Audience, Publish app; then run "streamctl youtube login" again';
