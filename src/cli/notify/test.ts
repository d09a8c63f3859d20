import { EXIT, type Invocation, fail } from '../command.ts';
import { readSettings } from '../../environment/read-settings.ts';
import { type NotifyFormat, problemWith, requestFor } from '../../notify/message.ts';
import { PATIENCE_MS, type Reply, send } from '../../notify/send.ts';
import type { Notice } from '../../reconcile/model/memory.ts';
import { VERSION } from '../../system/version.ts';

/** Sends one message as the daemon would, and says what the server answered; never the address. */
export async function run({ env, cwd, terminal }: Invocation): Promise<number> {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') {
    for (const problem of read.problems) terminal.note(problem);
    return EXIT.usage;
  }
  const { notify, caFile } = read.settings;
  if (notify === null)
    return fail(terminal, 'nobody is to be told: set NOTIFY_URL or NOTIFY_URL_FILE, such as https://ntfy.sh/TOPIC');
  const { target } = notify;
  const reply = await send(requestFor(testNotice(Date.now()), target, VERSION), { caFile, patienceMs: PATIENCE_MS });
  const problem = problemWith(reply, target.format);
  if (problem === null) {
    terminal.out(`taken, as ${target.format}: ${answerOf(reply)}`);
    return EXIT.well;
  }
  return fail(terminal, `not taken, as ${target.format}: ${problem}${detailOf(reply, target.format)}`);
}

const testNotice = (nowMs: number): Notice => ({
  id: 'test',
  event: 'trouble',
  status: 'live',
  reason: 'Test',
  message: 'this is a test by streamctl notify test; nothing is the matter',
  sinceWallMs: nowMs,
  atWallMs: nowMs,
});

function answerOf(reply: Reply): string {
  if (reply.kind === 'failed') return reply.why;
  return reply.text === '' ? String(reply.status) : `${String(reply.status)} ${reply.text}`;
}

/** What the server says of it, and for a guessed format how to choose another. */
function detailOf(reply: Reply, format: NotifyFormat): string {
  if (reply.kind === 'failed') return '';
  const said = reply.text === '' ? '' : ` (${reply.text})`;
  return `${said}; NOTIFY_FORMAT chooses another form than ${format}`;
}
