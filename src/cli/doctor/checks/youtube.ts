import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { failed, type Finding, ok, unknown, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import type { Settings } from '../../../environment/settings.ts';
import type { DesiredFile } from '../../../reconcile/model/desired.ts';
import { STATE_FILES } from '../../../state/files.ts';
import { duration } from '../../../text/units.ts';
import type { Broadcast, YouTubeFailure } from '../../../reconcile/model/youtube/youtube.ts';
import type { FoundStream, YouTube } from '../../../youtube/port.ts';
import type { LedgerQuota } from '../../../youtube/quota.ts';
import type { YouTubeSettings } from '../../../youtube/settings.ts';

/** YouTube's side, where somebody wants it: an OAuth client is set, or the file describes a broadcast. */
export async function checkYouTube({ settings, stateDir, desired }: Situation): Promise<readonly Finding[]> {
  if (settings === null) return [];
  const isWished = describesBroadcast(await desired);
  if (settings.youtube === null) {
    const remedy = 'docs/youtube.md says how to get one; then run "streamctl youtube login"';
    const check = 'youtube-login';
    return isWished ? [warning(check, 'desired.yaml describes a broadcast, but no OAuth client is set', remedy)] : [];
  }
  const tokenFile = join(stateDir, STATE_FILES.youtubeToken);
  if (!existsSync(tokenFile)) {
    const message = isWished ? 'desired.yaml describes a broadcast, but' : 'an OAuth client is set, but';
    return [warning('youtube-login', `${message} nobody has logged in`, 'run "streamctl youtube login"')];
  }
  return [...judgeTokenFile(tokenFile), ...(await askYouTube(settings, settings.youtube))];
}

const describesBroadcast = (file: DesiredFile): boolean => file.kind === 'ok' && file.spec.broadcast !== null;

/** What comes after a failure is not asked. */
async function askYouTube(settings: Settings, client: YouTubeSettings): Promise<readonly Finding[]> {
  const { connectSettings } = await import('../../youtube/connection.ts');
  const { youtube, ledger } = connectSettings(settings, client);
  const channel = await youtube.channel();
  if (channel.kind === 'failed') return [judgeFailure('youtube-login', channel.failure)];
  if (channel.value === null) {
    const remedy = 'run "streamctl youtube login" and choose the channel';
    return [failed('youtube-login', 'the account of the login has no channel', remedy)];
  }
  const ofStream = settings.streamKey === null ? [] : await askStream(youtube, settings.streamKey);
  // The quota is read last, so that it counts these questions.
  return [ok('youtube-login', `channel ${channel.value.title}`), judgeQuota(ledger.read()), ...ofStream];
}

async function askStream(youtube: YouTube, streamKey: string): Promise<readonly Finding[]> {
  const stream = await youtube.findStream(streamKey);
  if (stream.kind === 'failed') return [judgeFailure('youtube-stream', stream.failure)];
  if (stream.value === null) {
    const remedy = 'log in with the channel whose key it is, or copy the key from Studio again';
    return [failed('youtube-stream', 'no stream of the channel has YOUTUBE_STREAM_KEY', remedy)];
  }
  const { id } = stream.value;
  const active = await youtube.broadcasts({ kind: 'active' });
  const ofBroadcasts =
    active.kind === 'failed'
      ? [judgeFailure('youtube-broadcast', active.failure)]
      : active.value.filter(({ streamId }) => streamId === id).flatMap(judgeBroadcast);
  return [...judgeStream(stream.value), ...ofBroadcasts];
}

/** Whoever reads it can act on the channel, with the client's secret. */
function judgeTokenFile(path: string): readonly Finding[] {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [failed('youtube-login', `others may read the login (mode ${mode.toString(8)})`, `chmod 600 ${path}`)];
}

/** Young enough to be ended in time by hand. */
const OLDEST_AGE_MS = 11.25 * 3_600_000;
/** Under this many units left a day's looks end early. */
const FEW_UNITS = 2_000;

function judgeFailure(check: string, { kind, message, reason }: YouTubeFailure): Finding {
  const isFinal = kind === 'unauthorized' || kind === 'refused';
  return isFinal
    ? failed(check, message, 'see docs/youtube.md')
    : unknown(check, message, reason === 'quotaExceeded' ? null : 'try again');
}

function judgeQuota({ used, limit, exhausted, resetsAtMs }: LedgerQuota): Finding {
  const check = 'youtube-quota';
  const text = `${String(used)} of ${String(limit)} units used today`;
  if (!exhausted && limit - used >= FEW_UNITS) return ok(check, text);
  const until = new Date(resetsAtMs).toISOString();
  return warning(check, text, `set a longer YOUTUBE_POLL_INTERVAL; the quota begins anew at ${until}`);
}

function judgeStream({ title, status, health, issues, takesAnySize }: FoundStream): readonly Finding[] {
  const check = 'youtube-stream';
  const errors = issues.filter(({ severity }) => severity === 'error').map(({ type }) => type);
  const findings = [
    errors.length === 0
      ? ok(check, `${title} has our key: ${status ?? 'unknown'}, health ${health ?? 'unknown'}`)
      : warning(check, `YouTube complains of ${errors.join(', ')}`, 'see docs/operate.md, YouTubeUnhealthy'),
  ];
  if (takesAnySize === false) {
    const remedy = 'use a stream key whose resolution and frame rate are variable';
    findings.push(warning(check, 'its resolution or frame rate is fixed: issues may be none', remedy));
  }
  return findings;
}

function judgeBroadcast({ title, autoStop, startedAtMs }: Broadcast): readonly Finding[] {
  const check = 'youtube-broadcast';
  const ageMs = startedAtMs === null ? 0 : Date.now() - startedAtMs;
  const name = title ?? 'a broadcast';
  const old =
    ageMs < OLDEST_AGE_MS
      ? ok(check, `${name} is live for ${duration(ageMs)}`)
      : warning(check, `${name} is live for ${duration(ageMs)}`, 'end it before 12 hours, or it may have no archive');
  const stops =
    autoStop === true ? [warning(check, `auto-stop would end ${name} at a break`, 'switch it off in Studio')] : [];
  return [old, ...stops];
}
