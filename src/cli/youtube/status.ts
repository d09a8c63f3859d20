import { broadcastBody, type YouTubeBody } from '../../health/youtube.ts';
import { printable } from '../../text/terminal.ts';
import { duration } from '../../text/units.ts';
import type { FoundStream, YouTubeResult } from '../../youtube/port.ts';
import { EXIT, type Invocation, fail } from '../command.ts';
import { broadcastText, streamText } from '../status/youtube-text.ts';
import { settingsFor } from '../settings.ts';
import { connectSettings, NO_CLIENT, NO_LOGIN, type CommandConnection } from './connection.ts';
import { API_STATE_AFTER, type Broadcast, type YouTubeFailure } from '../../reconcile/model/youtube/youtube.ts';

/** What YouTube says now, as in `/health`, and the quota. */
interface YouTubeStatus extends YouTubeBody {
  readonly quota: { readonly used: number; readonly limit: number; readonly resetsAt: string };
}

/** Asks YouTube itself, without the daemon. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, terminal } = invocation;
  const settings = settingsFor(invocation);
  if (settings === null) return EXIT.usage;
  const connection = settings.youtube === null ? null : connectSettings(settings, settings.youtube);
  if (connection === null || connection.readLogin().kind === 'none') {
    if (options.has('json')) terminal.out('null');
    return fail(terminal, connection === null ? NO_CLIENT : NO_LOGIN);
  }
  const { status, failure } = await ask(connection);
  if (options.has('json')) terminal.out(JSON.stringify(status, null, 2));
  else terminal.out(linesOf(status, connection.settings.streamKey !== null, failure).join('\n'));
  return failure === null ? EXIT.well : EXIT.failed;
}

interface Asked {
  readonly status: YouTubeStatus;
  readonly failure: YouTubeFailure | null;
}

/** Goes on to the first failure: what comes after would fail in the same way. */
async function ask({ youtube, ledger, settings }: CommandConnection): Promise<Asked> {
  let failure: YouTubeFailure | null = null;
  const get = async <T>(request: () => Promise<YouTubeResult<T>>): Promise<T | null> => {
    if (failure !== null) return null;
    const answer = await request();
    if (answer.kind === 'ok') return answer.value;
    failure = answer.failure;
    return null;
  };
  const { streamKey } = settings;
  const channel = await get(() => youtube.channel());
  const stream = streamKey === null ? null : await get(() => youtube.findStream(streamKey));
  const active = await get(() => youtube.broadcasts({ kind: 'active' }));
  const { used, limit, resetsAtMs } = ledger.read();
  const status: YouTubeStatus = {
    checkedAt: new Date().toISOString(),
    api: apiOf(failure, resetsAtMs),
    channel,
    stream: stream === null ? null : { status: stream.status, health: stream.health, issues: stream.issues },
    broadcast: broadcastOf(active, stream),
    quota: { used, limit, resetsAt: new Date(resetsAtMs).toISOString() },
  };
  return { status, failure };
}

function apiOf(failure: YouTubeFailure | null, resetsAtMs: number): YouTubeStatus['api'] {
  if (failure === null) return { state: 'ok', reason: null, until: null };
  const state = API_STATE_AFTER[failure.kind] ?? 'backoff';
  return { state, reason: failure.reason, until: state === 'quota' ? new Date(resetsAtMs).toISOString() : null };
}

/** The youngest live one of our stream. */
function broadcastOf(active: readonly Broadcast[] | null, stream: FoundStream | null): YouTubeStatus['broadcast'] {
  const ours = (active ?? []).filter(({ streamId }) => stream !== null && streamId === stream.id);
  const [youngest] = ours.toSorted((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
  return broadcastBody(youngest ?? null);
}

function linesOf(status: YouTubeStatus, hasKey: boolean, failure: YouTubeFailure | null): readonly string[] {
  const { channel, stream, broadcast, quota } = status;
  const row = (label: string, text: string): string => `${label.padEnd(11)}${printable(text)}`;
  const orUnknown = (text: string): string => (failure === null ? text : 'not known');
  const noStream = hasKey ? 'none of this channel has YOUTUBE_STREAM_KEY' : 'YOUTUBE_STREAM_KEY is not set';
  const nowMs = Date.now();
  return [
    ...(failure === null ? [] : [row('YouTube', failure.message)]),
    row('channel', channel === null ? orUnknown('none') : `${channel.title} (${channel.id})`),
    row('stream', stream === null ? orUnknown(noStream) : streamText(stream)),
    row('broadcast', broadcast === null ? orUnknown('none is live on our stream') : broadcastText(broadcast, nowMs)),
    ...(broadcast === null ? [] : [row('', broadcast.title ?? ''), row('', broadcast.url)]),
    row(
      'quota',
      `${String(quota.used)} of ${String(quota.limit)} units used, anew in ${duration(Date.parse(quota.resetsAt) - nowMs)}`,
    ),
  ];
}
