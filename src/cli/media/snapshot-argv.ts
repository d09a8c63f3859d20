import { type MediaInput, QUIET } from '../../actuate/ffmpeg/media-input.ts';
import {
  endlessPicture,
  type Filters,
  pictureInput,
  pictureOf,
  videoFilter,
} from '../../actuate/ffmpeg/picture-argv.ts';
import { itemInput } from '../../actuate/ffmpeg/playout-argv.ts';
import type { ItemFacts, LocalCopy, VideoFacts } from '../../reconcile/model/item.ts';
import type { HouseFormat } from '../../reconcile/model/playout.ts';
import { matrixOf } from '../../reconcile/playout/colours.ts';

/** What is to be seen on a snapshot. */
export type Scene =
  | {
      readonly kind: 'item';
      readonly facts: ItemFacts;
      readonly mode: 'copy' | 'transcode';
      readonly format: HouseFormat;
      readonly offsetMs: number;
    }
  /** A slate or visual; `source` null = the built-in colour. */
  | {
      readonly kind: 'artwork';
      readonly source: LocalCopy | null;
      readonly format: HouseFormat;
      readonly offsetMs: number;
    };

const ONE_PICTURE = ['-an', '-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe', 'pipe:1'];

/** Decodes the one picture and treats it as on air; a PNG on stdout. `input` is needed for items alone. */
export function snapshotArgv(scene: Scene, input: MediaInput | null, filters: Filters): readonly string[] {
  const { format, offsetMs } = scene;
  if (scene.kind === 'artwork' || input === null) {
    const source = scene.kind === 'artwork' ? scene.source : null;
    const still = source?.facts.video?.still === true;
    const seek = source === null || still || offsetMs === 0 ? [] : ['-ss', seconds(offsetMs)];
    const filter = ['-vf', endlessPicture(format, source, filters)];
    return [...QUIET, ...seek, ...pictureInput(format, source), '-map', '0:v:0', ...filter, ...ONE_PICTURE];
  }
  const { facts, mode } = scene;
  // Without a known length nothing can be sought: everything before the place is decoded and thrown away.
  const seekable = facts.durationS !== null;
  const cursor = { round: 0, index: 0, key: facts.key, offsetMs: seekable ? offsetMs : 0 };
  const part = { cursor, picture: mode, sound: mode, loops: 1, lengthMs: null, cut: false };
  const still = facts.video?.still === true;
  const skip = seekable || still || offsetMs === 0 ? [] : ['-ss', seconds(offsetMs)];
  // A copied picture is not filtered on air, so it is not here.
  const filter =
    mode === 'copy' ? asPlayersAssume(facts.video) : ['-vf', videoFilter(format, facts.video, still, filters)];
  return [...QUIET, ...itemInput(part, input, facts), '-map', pictureOf(facts), ...skip, ...filter, ...ONE_PICTURE];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** Players take an untagged picture of HD size for BT.709, FFmpeg for BT.601. */
const asPlayersAssume = (video: VideoFacts | null): readonly string[] =>
  video !== null && matrixOf(video) === 'bt709' ? ['-vf', 'setparams=colorspace=bt709'] : [];
