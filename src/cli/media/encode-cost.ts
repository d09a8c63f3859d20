import { type MediaInput, mediaInput } from '../../actuate/ffmpeg/media-input.ts';
import type { Filters } from '../../actuate/ffmpeg/picture-argv.ts';
import { itemArgv } from '../../actuate/ffmpeg/playout-argv.ts';
import { JOB_PROGRESS, QUIET, runJob } from './ffmpeg-job.ts';
import type { Cost } from './inspection.ts';
import { sampledItem, wholeItem } from './item-to-encode.ts';
import type { MediaAccess } from './media-access.ts';
import { firstComplaint } from '../../observe/probe/process.ts';
import { ProgressParser } from '../../observe/runs/progress-file.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import type { HouseFormat, ItemSpec } from '../../reconcile/model/playout.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { addressFailure } from '../../store/fetch/first-byte.ts';
import { shownKey } from '../../store/keys.ts';

/** Encodes `seconds` of the item as on air and throws them away; FFmpeg tells the time the processor took. */
export function sampleArgv(spec: ItemSpec, input: MediaInput, seconds: number, filters: Filters): readonly string[] {
  return [
    ...[...QUIET, '-loglevel', 'level+info', '-benchmark', '-progress', JOB_PROGRESS],
    ...itemArgv(spec, input, filters),
    ...['-t', String(seconds), '-f', 'mpegts', '-y', 'file:/dev/null'],
  ];
}

const SAMPLE_S = 8;
const AT_MOST_MS = 60_000;

/**
 * Encodes some seconds of the object as it would be on air, as fast as the machine can at the lowest priority, and
 * divides the processor's time by them. What FFmpeg takes to start is in it, a few percent of the whole.
 */
export async function measureEncodeCost(access: MediaAccess, facts: ItemFacts, format: HouseFormat): Promise<Cost> {
  const { settings, storage, ffmpegPath } = access;
  if (ffmpegPath === null) return { kind: 'unknown', why: 'ffmpeg is not on PATH' };
  const url = await storage.getStreamUrl(facts.key, settings.urlTtlS);
  if (url.kind === 'failed') return { kind: 'unknown', why: url.failure.message };
  const input = mediaInput(url.value, settings.caFile);
  const spec = sampledItem(facts, format, SAMPLE_S);
  const progress = new ProgressParser();
  let outTimeMs = 0;
  const end = await runJob({
    ffmpegPath,
    args: sampleArgv(spec, input, SAMPLE_S, await access.filtersFor(facts.video)),
    media: { input, facts, durationMs: spec.part.cursor.offsetMs > 0 ? spec.part.lengthMs : null },
    backdrop: null,
    caFile: settings.caFile,
    timeoutMs: AT_MOST_MS,
    onProgress: (chunk) => {
      outTimeMs = Math.max(outTimeMs, progress.feed(chunk)?.outTimeMs ?? 0);
    },
  });
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

/** So much of its beginning shows whether FFmpeg makes anything of it. */
const TRIAL_S = 2;
/** For the request that tells whether the store is to blame. */
const ADDRESS_MS = 5_000;

/**
 * Encodes the first seconds of the object as on air would, whatever is copied there, and throws them away. null = that
 * works, or nobody can tell: FFmpeg is missing, or needs longer than a minute.
 */
export async function trialFailure(
  access: MediaAccess,
  facts: ItemFacts,
  format: HouseFormat,
): Promise<MediaFailure | null> {
  const { settings, storage, ffmpegPath } = access;
  if (ffmpegPath === null) return null;
  const url = await storage.getStreamUrl(facts.key, settings.urlTtlS);
  if (url.kind === 'failed') return url.failure;
  const input: MediaInput = mediaInput(url.value, settings.caFile);
  let hasOutput = false;
  const end = await runJob({
    ffmpegPath,
    args: sampleArgv(wholeItem(facts, format, null), input, TRIAL_S, await access.filtersFor(facts.video)),
    media: { input, facts, durationMs: null },
    backdrop: null,
    caFile: settings.caFile,
    timeoutMs: AT_MOST_MS,
    onProgress: (chunk) => {
      hasOutput ||= /^frame=\s*[1-9]/m.test(chunk);
    },
  });
  if (end.kind !== 'ended' || hasOutput) return null;
  const blamed =
    input.kind === 'local'
      ? null
      : await addressFailure(url.value, facts.key, { timeoutMs: ADDRESS_MS, caFile: settings.caFile });
  if (blamed !== null) return blamed;
  const message = `${shownKey(facts.key)} cannot be played, FFmpeg makes nothing of it: ${firstComplaint(end.stderr)}; upload another`;
  return { reason: 'MediaUndecodable', message };
}
