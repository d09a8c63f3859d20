import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDesiredSource } from '../../src/cli/desired/source.ts';
import { NO_CLIENT, NO_LOGIN } from '../../src/cli/youtube/connection.ts';
import { collectSecrets, readSettings } from '../../src/environment/read-settings.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { writeFileAtomically } from '../../src/system/atomic-file.ts';
import { createRedactor } from '../../src/text/redact.ts';
import { printable } from '../../src/text/terminal.ts';
import { createYouTube } from '../../src/youtube/client.ts';
import { createAccess } from '../../src/youtube/login/access.ts';
import { createOAuth } from '../../src/youtube/login/oauth.ts';
import { readLogin, type LoginRead } from '../../src/youtube/login/token.ts';
import type { FoundStream, YouTube } from '../../src/youtube/port.ts';
import { openQuotaLedger } from '../../src/youtube/quota.ts';
import { createHttp } from '../../src/youtube/wire/http.ts';
import { createTransport } from '../../src/youtube/wire/transport.ts';
import { openTrialRecord } from './record.ts';
import { runTrial } from './steps.ts';

interface TrialCall {
  /** How long each broadcast is live. */
  readonly minutes: number;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Ends it early; it tidies up all the same. */
  readonly signal: AbortSignal;
  readonly out: (line: string) => void;
  readonly note: (line: string) => void;
}

const EVERY_MS = 2_000;
const PATIENCE_MS = 90_000;
const ARCHIVE_MS = 600_000;
/** YouTube allows three on a stream, and a trial has two at a time. */
const MOST_LIVE_BESIDE = 1;

/**
 * Tries on the real YouTube what this service rests on, with two unlisted broadcasts, and writes down what is answered.
 * Gives one line on why it did not come to its end; null = it did.
 */
export async function trial({ minutes, env, cwd, signal, out, note }: TrialCall): Promise<string | null> {
  const read = readSettings(env, cwd);
  if (read.kind === 'invalid') return read.problems.join('\n');
  for (const warning of read.warnings) note(`warning: ${warning}`);
  const { settings } = read;
  const { stateDir, caFile, streamKey, youtube: client } = settings;
  if (client === null) return NO_CLIENT;
  const login = (): LoginRead => readLogin(join(stateDir, STATE_FILES.youtubeToken));
  if (login().kind === 'none') return NO_LOGIN;
  const { file } = await readDesiredSource(undefined, env, cwd);
  if (file.kind === 'ok' && file.spec.broadcast !== null) return DAEMON_TAKES_PART;

  const http = createHttp({ ca: caFile === null ? null : readFileSync(caFile) });
  const record = openTrialRecord(http, createRedactor(collectSecrets(settings)));
  const access = createAccess({
    oauth: createOAuth(client, http),
    readLogin: login,
    monoMs: () => performance.now(),
  });
  const ledger = openQuotaLedger(join(stateDir, STATE_FILES.youtubeQuota), Date.now);
  const ask = createTransport({ http: record.http, access, ledger });
  const youtube = createYouTube(client, ask);
  const stream = await readyStream(youtube, streamKey);
  if (typeof stream === 'string') return stream;

  const usedBefore = ledger.read().used;
  const { findings, entries } = record;
  const failure = await runTrial({
    youtube,
    ask,
    apiUrl: client.apiUrl,
    streamId: stream.id,
    liveMs: minutes * 60_000,
    patienceMs: Math.min(PATIENCE_MS, minutes * 60_000 + EVERY_MS),
    everyMs: Math.min(EVERY_MS, minutes * 60_000),
    archiveMs: Math.min(ARCHIVE_MS, minutes * 200_000),
    signal,
    tell: (line) => note(printable(line)),
    found: (question, answer) => {
      findings.push({ question, answer });
      out(printable(`${question}: ${answer}`));
    },
  });
  findings.push({
    question: 'units by our count, to be compared with APIs & Services, YouTube Data API v3, Quotas',
    answer: String(ledger.read().used - usedBefore),
  });
  const path = join(stateDir, 'youtube-trial.json');
  writeFileAtomically(path, `${JSON.stringify({ findings, entries }, null, 2)}\n`);
  out(`Written to ${path}, without keys, tokens and the channel's name: it may be shown.`);
  return failure?.message ?? (signal.aborted ? 'interrupted' : null);
}

const DAEMON_TAKES_PART =
  'desired.yaml describes a broadcast, so the daemon would take part: set broadcast to null first';

/** Our stream, or why no trial can begin on it. */
async function readyStream(youtube: YouTube, streamKey: string | null): Promise<FoundStream | string> {
  if (streamKey === null) return 'YOUTUBE_STREAM_KEY is not set';
  const found = await youtube.findStream(streamKey);
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
