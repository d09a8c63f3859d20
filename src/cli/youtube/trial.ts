import { join } from 'node:path';
import { collectSecrets } from '../../environment/read-settings.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { createRedactor } from '../../text/redact.ts';
import { printable } from '../../text/terminal.ts';
import type { FoundStream, YouTubeResult } from '../../youtube/port.ts';
import { EXIT, type Invocation, fail, refuse } from '../command.ts';
import { readDesiredSource } from '../desired/source.ts';
import { interruption } from '../interruption.ts';
import type { Terminal } from '../terminal.ts';
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
  if (file.kind === 'ok' && file.spec.broadcast !== null)
    return fail(
      terminal,
      'desired.yaml describes a broadcast, so the daemon would take part: set broadcast to null first',
    );
  const stream = await readyStream(connection, terminal);
  if (stream === null) return EXIT.failed;

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
    found: (finding) => {
      findings.push(finding);
      terminal.out(printable(`${finding.question}: ${finding.answer}`));
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

/** Our stream, if a trial can begin on it; otherwise why not was told. */
async function readyStream({ youtube, settings }: CommandConnection, terminal: Terminal): Promise<FoundStream | null> {
  if (settings.streamKey === null) {
    terminal.note('YOUTUBE_STREAM_KEY is not set');
    return null;
  }
  const found = told(await youtube.findStream(settings.streamKey), terminal);
  if (found === undefined) return null;
  if (found === null || found.status !== 'active') {
    terminal.note(
      found === null
        ? 'no stream of this channel has YOUTUBE_STREAM_KEY'
        : `the stream is ${found.status ?? 'in an unknown state'}: a trial needs a daemon that is on air`,
    );
    return null;
  }
  const active = told(await youtube.broadcasts({ kind: 'active' }), terminal);
  if (active === undefined) return null;
  if (active.filter(({ streamId }) => streamId === found.id).length > MOST_LIVE_BESIDE) {
    terminal.note('two broadcasts are live on our stream already, and YouTube allows three: end one first');
    return null;
  }
  return found;
}

/** The value; undefined for a failure, which is told. */
function told<T>(answer: YouTubeResult<T>, terminal: Terminal): T | undefined {
  if (answer.kind === 'ok') return answer.value;
  fail(terminal, answer.failure.message);
  return undefined;
}
