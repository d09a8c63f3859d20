import { existsSync } from 'node:fs';
import { failed, type Finding, inParts, ok, warning } from '../finding.ts';
import type { Situation } from '../situation.ts';
import { examine } from '../../../observe/toolchain/examine.ts';
import { type FfmpegInventory, takeInventory } from '../../../observe/toolchain/inventory.ts';
import type { Toolchain } from '../../../reconcile/model/observation.ts';
import { MEDIA_FORMAT_WHITELIST, REMOTE_MEDIA_PROTOCOLS } from '../../../reconcile/playout/allowed-media.ts';
import { askProgram, findProgram } from '../../../system/programs.ts';

interface FfmpegFacts {
  /** null = not found. */
  readonly path: string | null;
  readonly toolchain: Toolchain | null;
  readonly inventory: FfmpegInventory | null;
  /** First line of `ffprobe -version`; null = there is none that answers. */
  readonly ffprobe: string | null;
  /** What these settings need of FFmpeg. */
  readonly needs: { readonly rtmps: boolean; readonly remoteMedia: boolean };
}

export async function checkFfmpeg(situation: Situation, signal: AbortSignal): Promise<readonly Finding[]> {
  const { env, settings, stateDir, sources } = situation;
  const search = env['PATH'] ?? '';
  const path = settings?.ffmpegPath ?? sources.values['FFMPEG_PATH'] ?? findProgram('ffmpeg', search);
  const ffprobePath = settings?.ffprobePath ?? sources.values['FFPROBE_PATH'] ?? findProgram('ffprobe', search);
  const needs = {
    rtmps: settings?.rtmpUrl.startsWith('rtmps:') ?? false,
    remoteMedia: settings?.storage.kind === 's3',
  };
  const ffprobe = ffprobePath === null ? null : await askProgram(ffprobePath, ['-hide_banner', '-version'], signal);
  const ffprobeVersion = ffprobe === null ? null : (/^ffprobe version \S+/.exec(ffprobe.stdout)?.[0] ?? null);
  if (path === null || !existsSync(path)) {
    return judgeFfmpeg({ path: null, toolchain: null, inventory: null, ffprobe: ffprobeVersion, needs });
  }
  const { toolchain } = await examine(path, stateDir, signal);
  const inventory = toolchain.kind === 'ready' ? await takeInventory(path, signal) : null;
  return judgeFfmpeg({ path, toolchain, inventory, ffprobe: ffprobeVersion, needs });
}

const INSTALL = 'install FFmpeg 5.1 or newer (apt-get install ffmpeg) or set FFMPEG_PATH';
/** FFmpeg reads addresses from a pipe, and local media as files; it writes to a pipe, and its progress to a file. */
const INPUT_PROTOCOLS = ['pipe', 'file'];
const OUTPUT_PROTOCOLS = ['pipe', 'file'];
const DEMUXERS = ['mpegts', 'concat', 'lavfi'];
const MUXERS = ['mpegts', 'flv'];
const BITSTREAM_FILTERS = ['extract_extradata', 'aac_adtstoasc', 'h264_mp4toannexb'];

export function judgeFfmpeg({ path, toolchain, inventory, ffprobe, needs }: FfmpegFacts): readonly Finding[] {
  const probing =
    ffprobe === null
      ? failed('ffprobe', 'ffprobe is not on PATH or does not answer', 'it comes with FFmpeg; or set FFPROBE_PATH')
      : ok('ffprobe', ffprobe);
  if (path === null || toolchain === null)
    return [failed('ffmpeg', 'ffmpeg is not on PATH, or not where FFMPEG_PATH says', INSTALL), probing];
  if (toolchain.kind === 'unusable') {
    const { message, remedy } = inParts(toolchain.message, INSTALL);
    return [failed('ffmpeg', message, remedy), probing];
  }
  if (toolchain.kind === 'checking' || inventory === null)
    return [failed('ffmpeg', `${path} does not tell what it can`, INSTALL), probing];
  return [
    ok('ffmpeg', `FFmpeg ${toolchain.version} with libx264 and aac`),
    judgeProtocols(inventory, needs),
    judgeFormats(inventory),
    toolchain.keyDelivery === 'preset'
      ? ok('stream-key', 'the preset that keeps the stream key out of the process list works with this FFmpeg')
      : warning('stream-key', `FFmpeg ${toolchain.version} ${KEY_IS_VISIBLE}`, HIDE_KEY),
    toolchain.toneMapping
      ? ok('ffmpeg-hdr', 'HDR is tone mapped')
      : warning('ffmpeg-hdr', `FFmpeg ${toolchain.version} has no zscale: HDR is sent with wrong colours`, MAP_TONES),
    probing,
  ];
}

const KEY_IS_VISIBLE = 'ignores the preset: the stream key is visible in the process list';
const HIDE_KEY = 'use an FFmpeg before 8.1, or mount /proc with hidepid=2';
const MAP_TONES = 'convert HDR to SDR, or use an FFmpeg built with libzimg, as that of Debian and Ubuntu is';

function judgeProtocols(inventory: FfmpegInventory, needs: FfmpegFacts['needs']): Finding {
  const remote = REMOTE_MEDIA_PROTOCOLS.split(',');
  const lacking = (
    [
      ['reads', inventory.inputProtocols, [...INPUT_PROTOCOLS, ...(needs.remoteMedia ? remote : [])]],
      ['writes', inventory.outputProtocols, [...OUTPUT_PROTOCOLS, needs.rtmps ? 'rtmps' : 'rtmp']],
    ] as const
  ).flatMap(([does, found, wanted]) => {
    const missing = wanted.filter((name) => !found.has(name));
    return missing.length === 0 ? [] : [`it ${does} no ${missing.join(', ')}`];
  });
  if (lacking.length > 0) return failed('ffmpeg-protocols', lacking.join('; '), INSTALL);
  const unused = [
    ...['rtmp', 'rtmps'].filter((name) => !inventory.outputProtocols.has(name)),
    ...['https'].filter((name) => !inventory.inputProtocols.has(name)),
  ];
  return unused.length === 0
    ? ok('ffmpeg-protocols', 'rtmp, rtmps, https, pipe and file')
    : warning('ffmpeg-protocols', `all that is needed now, but no ${unused.join(', ')}`, INSTALL);
}

function judgeFormats({ demuxers, muxers, bitstreamFilters }: FfmpegInventory): Finding {
  const missing = [
    ...DEMUXERS.filter((name) => !demuxers.has(name)).map((name) => `demuxer ${name}`),
    ...MUXERS.filter((name) => !muxers.has(name)).map((name) => `muxer ${name}`),
    ...BITSTREAM_FILTERS.filter((name) => !bitstreamFilters.has(name)).map((name) => `filter ${name}`),
  ];
  if (missing.length > 0) return failed('ffmpeg-formats', `it has no ${missing.join(', ')}`, INSTALL);
  const media = MEDIA_FORMAT_WHITELIST.split(',').filter((name) => !demuxers.has(name));
  return media.length === 0
    ? ok('ffmpeg-formats', 'every container that is played here')
    : warning('ffmpeg-formats', `it cannot read media in ${media.join(', ')}`, `convert such media, or ${INSTALL}`);
}
