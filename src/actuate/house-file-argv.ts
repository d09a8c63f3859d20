import type { MediaInput } from './ffmpeg/media-input.ts';
import { listInput, transcodeArgv } from './ffmpeg/playout-argv.ts';
import { ONE_OFF_PROGRESS } from './one-off.ts';
import type { ItemSpec } from '../reconcile/model/playout.ts';

const QUIET = ['-hide_banner', '-nostdin', '-nostats'];

/**
 * Encodes the item as it would be on air, into a file that can be copied from then on: MP4, because it tells length and
 * bitrate, can be sought in and read by anything, with its index in front, so that a playout needs one request less.
 * Metadata and chapters of the original stay behind. It ends at `limitBytes`, since a full disk would harm the daemon.
 */
export function houseFileArgv(spec: ItemSpec, input: MediaInput, path: string, limitBytes: number): readonly string[] {
  return [
    ...[...QUIET, '-loglevel', 'level+error', '-progress', ONE_OFF_PROGRESS, '-stats_period', '0.5'],
    ...listInput(spec.part, input),
    ...transcodeArgv(spec),
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-fs', String(limitBytes)],
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${path}`],
  ];
}

/** Encodes `seconds` of the item as on air and throws them away; FFmpeg tells the time the processor took. */
export function sampleArgv(spec: ItemSpec, input: MediaInput, seconds: number): readonly string[] {
  return [
    ...[...QUIET, '-loglevel', 'level+info', '-benchmark', '-progress', ONE_OFF_PROGRESS],
    ...listInput(spec.part, input),
    ...transcodeArgv(spec),
    ...['-t', String(seconds), '-f', 'mpegts', '-y', 'file:/dev/null'],
  ];
}
