import { type MediaInput, QUIET } from '../../actuate/ffmpeg/media-input.ts';
import type { Filters } from '../../actuate/ffmpeg/picture-argv.ts';
import { itemArgv } from '../../actuate/ffmpeg/playout-argv.ts';
import { JOB_PROGRESS } from '../media/ffmpeg-job.ts';
import type { ItemSpec } from '../../reconcile/model/playout.ts';

/**
 * Brings the item into a file that can be copied from then on; what fits is copied and the rest is encoded, as on air. An
 * MP4, because it tells length and bitrate, can be sought in and is read by anything. Its index is in front, so that a
 * playout needs one request less. Metadata and chapters of the original are left out. It ends at `limitBytes`, since a
 * full disk would harm the daemon.
 */
export function houseFileArgv(
  spec: ItemSpec,
  input: MediaInput,
  path: string,
  limitBytes: number,
  filters: Filters,
): readonly string[] {
  return [
    ...[...QUIET, ...JOB_PROGRESS, '-stats_period', '0.5'],
    ...itemArgv(spec, input, filters, 'file'),
    ...['-max_interleave_delta', '0'],
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-fs', String(limitBytes)],
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${path}`],
  ];
}
