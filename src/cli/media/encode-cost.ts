import { itemArgv } from '../../actuate/ffmpeg/playout-argv.ts';
import { type JobEnd, JOB_PROGRESS, runJob } from './ffmpeg-job.ts';
import type { Cost } from './inspection.ts';
import { sampledItem, wholeItem } from './item-to-encode.ts';
import type { MediaAccess } from './media-access.ts';
import { type MediaInput, QUIET } from '../../actuate/ffmpeg/media-input.ts';
import { firstComplaint } from '../../observe/probe/process.ts';
import { ProgressParser } from '../../observe/runs/progress-file.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import type { HouseFormat, ItemSpec } from '../../reconcile/model/playout.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { addressFailure } from '../../store/fetch/first-byte.ts';
import { shownKey } from '../../store/keys.ts';

const AT_MOST_MS = 60_000;

/** What is encoded, from where, and by which FFmpeg. */
interface Sample {
  readonly ffmpegPath: string;
  readonly spec: ItemSpec;
  readonly input: MediaInput;
  readonly seconds: number;
  readonly onProgress: (chunk: string) => void;
}

/** Encodes `seconds` of the item as on air and throws them away; FFmpeg prints the processor's time on stderr. */
async function encodeSample(access: MediaAccess, sample: Sample): Promise<JobEnd> {
  const { ffmpegPath, spec, input, seconds, onProgress } = sample;
  const { facts, part } = spec;
  return runJob({
    ffmpegPath,
    args: [
      // The later of the two levels counts: `-benchmark` prints its line at info.
      ...[...QUIET, '-loglevel', 'level+info', '-benchmark', ...JOB_PROGRESS],
      ...itemArgv(spec, input, await access.filtersFor(facts.video)),
      ...['-t', String(seconds), '-f', 'mpegts', '-y', 'file:/dev/null'],
    ],
    media: { input, facts, durationMs: part.cursor.offsetMs > 0 ? part.lengthMs : null },
    backdrop: null,
    caFile: access.settings.caFile,
    timeoutMs: AT_MOST_MS,
    onProgress,
  });
}

const SAMPLE_S = 8;

/**
 * Encodes some seconds of the object as it would be on air, as fast as the machine can at the lowest priority, and
 * divides the processor's time by them. FFmpeg's own start is counted too, a few percent of the whole.
 */
export async function measureEncodeCost(access: MediaAccess, facts: ItemFacts, format: HouseFormat): Promise<Cost> {
  const { ffmpegPath } = access;
  if (ffmpegPath === null) return { kind: 'unknown', why: 'ffmpeg is not on PATH' };
  const input = await access.inputFor(facts.key);
  if (input.kind === 'failed') return { kind: 'unknown', why: input.failure.message };
  const progress = new ProgressParser();
  let outTimeMs = 0;
  const onProgress = (chunk: string): void => {
    outTimeMs = Math.max(outTimeMs, progress.feed(chunk)?.outTimeMs ?? 0);
  };
  const spec = sampledItem(facts, format, SAMPLE_S);
  const end = await encodeSample(access, { ffmpegPath, spec, input: input.value, seconds: SAMPLE_S, onProgress });
  if (end.kind !== 'ended') {
    return { kind: 'unknown', why: end.kind === 'not-started' ? end.message : 'encoding a piece of it took too long' };
  }
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(end.stderr) ?? [];
  if (end.exitCode !== 0 || user === undefined || system === undefined || outTimeMs < 500) {
    return { kind: 'unknown', why: 'no piece of it could be encoded' };
  }
  const sampleS = Math.min(outTimeMs / 1000, SAMPLE_S);
  return { kind: 'measured', cores: (Number(user) + Number(system)) / sampleS, sampleS };
}

/** Enough of the beginning to show whether FFmpeg can decode the object. */
const TRIAL_S = 2;
/** For the request that tells whether the store is to blame. */
const ADDRESS_MS = 5_000;

/**
 * Encodes the first seconds of the object, also of what would be copied on air, and throws them away. null = that works,
 * or it is not known: FFmpeg is missing, or needs longer than a minute.
 */
export async function trialFailure(
  access: MediaAccess,
  facts: ItemFacts,
  format: HouseFormat,
): Promise<MediaFailure | null> {
  const { settings, ffmpegPath } = access;
  if (ffmpegPath === null) return null;
  const opened = await access.inputFor(facts.key);
  if (opened.kind === 'failed') return opened.failure;
  const input = opened.value;
  let hasOutput = false;
  const onProgress = (chunk: string): void => {
    hasOutput ||= /^frame=\s*[1-9]/m.test(chunk);
  };
  const spec = wholeItem(facts, format, null);
  const end = await encodeSample(access, { ffmpegPath, spec, input, seconds: TRIAL_S, onProgress });
  if (end.kind !== 'ended' || hasOutput) return null;
  const blamed =
    input.kind === 'local'
      ? null
      : await addressFailure(input.url, facts.key, { timeoutMs: ADDRESS_MS, caFile: settings.caFile });
  if (blamed !== null) return blamed;
  const message = `${shownKey(facts.key)} cannot be played, FFmpeg makes nothing of it: ${firstComplaint(end.stderr)}; upload another`;
  return { reason: 'MediaUndecodable', message };
}
