import type { ItemSpec } from '../../reconcile/model/playout.ts';
import { wasSeenWhole } from '../../reconcile/playout/as-sent.ts';
import { pictureOf } from './picture-argv.ts';
import { soundOf } from './sound-argv.ts';

/**
 * A second output, for an item whose picture is copied though only parts of it were inspected: a list of its packets,
 * between the blocks of its progress, for `observe/runs/packet-list.ts`. One slave of the tee muxer writes the time of
 * every packet in milliseconds and whether it is a key frame. Another writes a checksum of the parameter sets of each key
 * frame; its lines are told from those of the first by the checksum's length. Where the list cannot be written, or FFmpeg
 * cannot make one, the item is played all the same: that is what `onfail` and the slave `null`, which never fails, are
 * for. The filters stand in the slaves: at the output they would end with the first round of a loop. It takes 0.1 % of a
 * core (720p30 at 3 Mbit/s).
 */
export function packetListArgs({ part, facts, clip }: ItemSpec, progress: string): readonly string[] {
  if (part.picture !== 'copy' || clip !== null || wasSeenWhole(facts)) return [];
  const sound = part.sound === 'copy' ? ['-map', soundOf(facts)] : [];
  const to = `onfail=ignore:flush_packets=1]${progress.replaceAll(':', String.raw`\:`)}`;
  const streams = part.sound === 'copy' ? String.raw`select=\'v,a\'` : 'select=v';
  const times = String.raw`bsfs=setts=pts=PTS*TB*1000\\:dts=DTS*TB*1000`;
  const parameters = 'bsfs=h264_mp4toannexb,filter_units=pass_types=7-8';
  const slaves = ['[f=null]-', `[f=framecrc:${streams}:${times}:${to}`, `[f=framemd5:select=v:${parameters}:${to}`];
  return ['-map', pictureOf(facts), ...sound, '-c', 'copy', '-f', 'tee', slaves.join('|')];
}
