import type { ProbeOutput } from './output.ts';
import type { ProbeRun } from './process.ts';
import type { ItemFacts, ListedObject } from '../../reconcile/model/item.ts';
import type { MediaFailure } from '../../reconcile/model/reasons.ts';
import { MEDIA_MAX_PIXELS } from '../../reconcile/playout/allowed-media.ts';
import { askAddress } from '../../store/fetch/first-byte.ts';
import { shownKey } from '../../store/keys.ts';

/** ffprobe shows an animated WebP without a size, as it does a picture that is too large. */
const WEBP_WITHOUT_SIZE =
  'it is an animated WebP, which FFmpeg does not decode, or one of more than 67 megapixels; upload it as MP4 or GIF';

/** Why an object that ffprobe can read is not played; null = it is. */
export function refusalOf(
  { formatName, video, audio }: ItemFacts,
  isEncrypted: boolean,
  output: ProbeOutput,
): string | null {
  if (video !== null && video.width * video.height === 0) {
    const limit = `${Math.floor(MEDIA_MAX_PIXELS / 1e6)} megapixels`;
    return formatName === 'webp_pipe' ? WEBP_WITHOUT_SIZE : `its picture has no size, or more than ${limit}`;
  }
  if (isEncrypted) return 'it is encrypted; upload it without copy protection';
  if (video !== null || audio !== null) return null;
  return output.isTiny ? 'its picture is under 3 pixels wide or high' : 'it has neither video nor audio';
}

/** Why ffprobe could not read the object. */
export async function explain(
  run: ProbeRun,
  url: string,
  listed: ListedObject,
  options: Parameters<typeof askAddress>[2],
): Promise<MediaFailure> {
  if (run.kind === 'not-started') {
    return {
      reason: 'MediaUndecodable',
      message: `ffprobe cannot be run (${run.code}): install FFmpeg or set FFPROBE_PATH`,
    };
  }
  // Through concatf every failure reads "Invalid data", so the store is asked for the object's first byte.
  const answer = url.startsWith('file:') ? null : await askAddress(url, listed.key, options);
  if (answer?.kind === 'failed') return answer.failure;
  const encoding = answer?.contentEncoding ?? null;
  if (encoding !== null) {
    return undecodable(
      listed,
      `the store sends it as content-encoding: ${encoding}, which it is not; upload it without`,
    );
  }
  if (run.kind === 'timeout') {
    const message = `${shownKey(listed.key)} could not be inspected within ${Math.round(options.timeoutMs / 1000)} s`;
    return answer === null
      ? undecodable(listed, 'inspecting it took too long')
      : { reason: 'StorageUnreachable', message: `${message}: the store is too slow or fell silent` };
  }
  return undecodable(listed, run.kind === 'failed' ? run.message : 'ffprobe gave no usable answer');
}

/** The failure of an object that is no media we play. */
export function undecodable(listed: ListedObject, why: string): MediaFailure {
  return { reason: 'MediaUndecodable', message: `${shownKey(listed.key)} is not playable media: ${why}` };
}
