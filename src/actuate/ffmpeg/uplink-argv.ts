import { QUIET } from './media-input.ts';

/** Where the uplink publishes, and how the stream key gets there without being seen. */
export interface UplinkTarget {
  /** rtmp:// or rtmps://, without the key. */
  readonly url: string;
  readonly key: UplinkKey;
  /** Authorities for rtmps; null = the TLS library's own. */
  readonly caFile: string | null;
  /** As FFmpeg names it, such as `7.1.5-0+deb13u1`. */
  readonly ffmpegVersion: string;
}

export type UplinkKey =
  /** A descriptor of a file with the line `rtmp_playpath=KEY`: in no argv, no log, and under no name. */
  | { readonly kind: 'preset' }
  /** Where FFmpeg ignores the preset (8.1 and later), as `streamctl doctor` warns. */
  | { readonly kind: 'argv'; readonly streamKey: string };

/** The descriptor the preset is passed on. */
const PRESET_FD = 4;

/** Where it writes its progress: the descriptor after the preset's, so that it appends and the file can be emptied under it. */
const UPLINK_PROGRESS = 'pipe:5';

/** Room for a whole GOP at the highest bitrate, or an uplink that joins between key frames fails with "dimensions not set". */
const PROBE_BYTES = 32 * 1024 * 1024;
/**
 * How much of the stream is read before it is forwarded. FFmpeg uses all of it up, and what it has read ahead delays
 * the first swap by as much (5 s by default). A session begins with a new playout, so at a key frame, where 1 s is plenty.
 */
const ANALYSE_US = 1_000_000;
/** FFmpeg's own limit for an ingest that takes nothing; the daemon sees it much earlier by the send queue. */
const WRITE_TIMEOUT_US = 5_000_000;

/**
 * How the uplink demuxes joined items, each flag load-bearing and with a test that fails without it: a picture cut
 * off by a kill is dropped instead of published; a backward jump of over 1 s is flattened. Never `-copyts`: at the
 * 33-bit wrap (26.5 h) the output would jump.
 */
const JOINING_DEMUXER = ['-fflags', '+discardcorrupt', '-dts_delta_threshold', '1'] as const;

/** The arguments of the uplink, without the program's name; it reads MPEG-TS on stdin. Pure. */
export function uplinkArgv(target: UplinkTarget, progress: string = UPLINK_PROGRESS): readonly string[] {
  return [
    QUIET,
    ['-progress', progress, '-stats_period', '0.5'],
    JOINING_DEMUXER,
    ['-probesize', String(PROBE_BYTES), '-analyzeduration', String(ANALYSE_US)],
    ['-re', ...catchUp(target.ffmpegVersion), '-f', 'mpegts', '-i', 'pipe:0'],
    ['-map', '0:v:0', '-map', '0:a:0', '-c', 'copy'],
    // Another item may bring other parameter sets: without this the FLV muxer sends no new sequence header.
    ['-bsf:v', 'extract_extradata'],
    // A kill may leave the first bytes of a frame of sound and others as the rest. The filter drops it if it is named here; the
    // FLV muxer's own, which is the same one, ends FFmpeg with it.
    ['-bsf:a', 'aac_adtstoasc'],
    ['-flvflags', 'no_duration_filesize', '-rw_timeout', String(WRITE_TIMEOUT_US)],
    target.url.startsWith('rtmps:')
      ? ['-tls_verify', '1', ...(target.caFile === null ? [] : ['-ca_file', target.caFile])]
      : [],
    target.key.kind === 'preset' ? ['-fpre', `/proc/self/fd/${PRESET_FD}`] : [],
    ['-f', 'flv', target.key.kind === 'preset' ? target.url : `${target.url}/${target.key.streamKey}`],
  ].flat();
}

/** After a stall FFmpeg up to 7.1 catches up at once; from 8.0 on it does so at 1.05 times the pace, unless told otherwise. */
function catchUp(version: string): readonly string[] {
  const major = Number.parseInt(version.replace(/^n/, ''), 10);
  return major >= 8 ? ['-readrate_catchup', '10'] : [];
}

/** The preset file's text. A key with a line break is refused where the environment is read. */
export const presetText = (streamKey: string): string => `rtmp_playpath=${streamKey}\n`;
