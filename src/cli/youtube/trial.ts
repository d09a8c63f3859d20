import { join } from 'node:path';
import { collectSecrets } from '../../environment/read-settings.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { createRedactor } from '../../text/redact.ts';
import { printable } from '../../text/terminal.ts';
import type { FoundStream } from '../../youtube/port.ts';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { readDesiredSource } from '../desired/source.ts';
import { interruption } from '../interruption.ts';
import { connectFor, NO_CLIENT, NO_LOGIN, type CommandConnection } from './connection.ts';
import { openTrialRecord, type TrialRecord } from './trial-record.ts';
import { runTrial } from './trial-steps.ts';

const DEFAULT_MINUTES = 3;
const EVERY_MS = 2_000;
const PATIENCE_MS = 90_000;
const ARCHIVE_MS = 600_000;
/** YouTube allows three on a stream, and a trial has two at a time. */
const MOST_LIVE_BESIDE = 1;

/** Tries on the real YouTube what this service rests on, with two unlisted broadcasts, and writes down what is answered. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const minutes = Number(options.get('minutes') ?? DEFAULT_MINUTES);
  if (!(minutes > 0 && minutes <= 60)) return refuse(terminal, '--minutes: accepted: a number over 0, at most 60');
  let record: TrialRecord | null = null;
  const connected = connectFor(invocation, (call, answer) => record?.onAnswer(call, answer));
  if (connected.kind === 'malformed') return EXIT.usage;
  if (connected.kind === 'noClient' || connected.connection.readLogin().kind === 'none')
    return fail(terminal, connected.kind === 'noClient' ? NO_CLIENT : NO_LOGIN);
  const { connection } = connected;
  const { settings, youtube, ask, ledger } = connection;
  record = openTrialRecord(createRedactor(collectSecrets(settings)));
  const { file } = await readDesiredSource(undefined, invocation.env, invocation.cwd);
  if (file.kind === 'ok' && file.spec.broadcast !== null) return fail(terminal, DAEMON_TAKES_PART);
  const stream = await readyStream(connection);
  if (typeof stream === 'string') return fail(terminal, stream);

  const signal = interruption();
  const usedBefore = ledger.read().used;
  const { findings } = record;
  const failure = await runTrial({
    youtube,
    ask,
    apiUrl: settings.youtube?.apiUrl ?? '',
    streamId: stream.id,
    liveMs: minutes * 60_000,
    patienceMs: Math.min(PATIENCE_MS, minutes * 60_000 + EVERY_MS),
    everyMs: Math.min(EVERY_MS, minutes * 60_000),
    archiveMs: Math.min(ARCHIVE_MS, minutes * 200_000),
    signal,
    tell: (line) => terminal.note(printable(line)),
    found: (question, answer) => {
      findings.push({ question, answer });
      terminal.out(printable(`${question}: ${answer}`));
    },
  });
  findings.push({
    question: 'units by our count, to be compared with APIs & Services, YouTube Data API v3, Quotas',
    answer: String(ledger.read().used - usedBefore),
  });
  const path = join(settings.stateDir, 'youtube-trial.json');
  writeFileAtomically(path, `${JSON.stringify({ findings, entries: record.entries }, null, 2)}\n`);
  terminal.out(`Written to ${path}, without keys, tokens and the channel's name: it may be shown.`);
  if (failure !== null) fail(terminal, failure.message);
  else if (signal.aborted) terminal.note('interrupted');
  return failure === null && !signal.aborted ? EXIT.well : EXIT.failed;
}

const DAEMON_TAKES_PART =
  'desired.yaml describes a broadcast, so the daemon would take part: set broadcast to null first';

/** Our stream, or why no trial can begin on it. */
async function readyStream({ youtube, settings }: CommandConnection): Promise<FoundStream | string> {
  if (settings.streamKey === null) return 'YOUTUBE_STREAM_KEY is not set';
  const found = await youtube.findStream(settings.streamKey);
  if (found.kind === 'failed') return found.failure.message;
  const stream = found.value;
  if (stream === null) return 'no stream of this channel has YOUTUBE_STREAM_KEY';
  if (stream.status !== 'active')
    return `the stream is ${stream.status ?? 'in an unknown state'}: a trial needs a daemon that is on air`;
  const active = await youtube.broadcasts({ kind: 'active' });
  if (active.kind === 'failed') return active.failure.message;
  return active.value.filter(({ streamId }) => streamId === stream.id).length > MOST_LIVE_BESIDE
    ? 'two broadcasts are live on our stream already, and YouTube allows three: end one first'
    : stream;
}
