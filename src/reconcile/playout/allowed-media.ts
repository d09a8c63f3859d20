/**
 * The containers that objects may be in, by FFmpeg's demuxer names. Objects are untrusted: a demuxer that opens other
 * addresses (hls, dash, concat, image2, sdp, rtsp, lavfi, imf, webm_dash_manifest) must never be named here, or a
 * playlist uploaded as `x.mp4` reads local files and reaches other hosts. Names that an FFmpeg does not know are
 * ignored by it, so one list serves every version.
 */
const ALLOWED_DEMUXERS = [
  'mov',
  'matroska',
  'mpegts',
  'mpeg',
  'avi',
  'flv',
  'asf',
  'mxf',
  'nut',
  'ivf',
  'dv',
  'mp3',
  'aac',
  'ac3',
  'eac3',
  'flac',
  'ogg',
  'wav',
  'w64',
  'aiff',
  'caf',
  'amr',
  'gif',
  'apng',
  'png_pipe',
  'jpeg_pipe',
  'webp_pipe',
  'bmp_pipe',
  'tiff_pipe',
] as const;

/** Value of FFmpeg's `-max_pixels`: 8192x8192. A PNG of 800 kB can unfold to 16000x16000, 860 MB of memory (measured). */
export const MEDIA_MAX_PIXELS = 67_108_864;

/** Value of FFmpeg's `-format_whitelist` for media. */
export const MEDIA_FORMAT_WHITELIST = ALLOWED_DEMUXERS.join(',');

/** Value of `-protocol_whitelist` for media in a remote store. What carries the address to FFmpeg comes on top. */
export const REMOTE_MEDIA_PROTOCOLS = 'http,https,tcp,tls,crypto';

/** Value of `-protocol_whitelist` for media in the local directory: the format list keeps playlists from using it. */
export const LOCAL_MEDIA_PROTOCOLS = 'file';

/**
 * An address as FFmpeg's `concatf:pipe:0` reads it: one escaped line, since the protocol ends an address at a line break
 * and takes quotes and backslashes for its own.
 */
export const addressLine = (address: string): string => `${address.replaceAll(/[\s'\\]/g, '\\$&')}\n`;
