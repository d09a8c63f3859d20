/**
 * The containers that objects may be in, by FFmpeg's demuxer names. Objects are untrusted: a demuxer that opens other
 * addresses (hls, dash, concat, image2, sdp, rtsp, lavfi, imf, webm_dash_manifest) must never stand here, or a playlist
 * uploaded as `x.mp4` reads local files and reaches other hosts. FFmpeg ignores names that it does not know, so one list
 * serves every version.
 */
const ALLOWED_DEMUXERS = [
  // Films, sound, pictures.
  ...['mov', 'matroska', 'mpegts', 'mpeg', 'avi', 'flv', 'asf', 'mxf', 'nut', 'ivf', 'dv'],
  ...['mp3', 'aac', 'ac3', 'eac3', 'flac', 'ogg', 'wav', 'w64', 'aiff', 'caf', 'amr'],
  ...['gif', 'apng', 'png_pipe', 'jpeg_pipe', 'webp_pipe', 'bmp_pipe', 'tiff_pipe'],
];

/** Value of FFmpeg's `-max_pixels`: 8192x8192. A PNG of 800 kB can decode to 16000x16000, 860 MB of memory (measured). */
export const MEDIA_MAX_PIXELS = 67_108_864;

/** Value of FFmpeg's `-format_whitelist` for media. */
export const MEDIA_FORMAT_WHITELIST = ALLOWED_DEMUXERS.join(',');

/** Value of `-protocol_whitelist` for media in a remote store; the protocols that carry the address to FFmpeg are added to it. */
export const REMOTE_MEDIA_PROTOCOLS = 'http,https,tcp,tls,crypto';

/** The same for media in the local directory; `MEDIA_FORMAT_WHITELIST` keeps playlists from using it. */
export const LOCAL_MEDIA_PROTOCOLS = 'file';

/** An address as FFmpeg's `concatf:pipe:0` reads it: one line, with what has a meaning there (white space, quotes, backslashes) escaped. */
export const addressLine = (address: string): string => `${address.replaceAll(/[\s'\\]/g, '\\$&')}\n`;
