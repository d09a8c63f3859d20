import {
  LOCAL_MEDIA_PROTOCOLS,
  MEDIA_FORMAT_WHITELIST,
  REMOTE_MEDIA_PROTOCOLS,
} from '../../reconcile/playout/allowed-media.ts';

/**
 * Where FFmpeg reads an item from. A local object is opened by us and handed over as a descriptor, so that no name,
 * however odd, has to be quoted.
 */
export type MediaInput =
  | { readonly kind: 'remote'; readonly url: string; readonly caFile: string | null }
  | { readonly kind: 'local'; readonly path: string };

/** How an address the store gave is read. */
export const mediaInput = (url: string, caFile: string | null): MediaInput =>
  url.startsWith('file:') ? { kind: 'local', path: url.slice('file:'.length) } : { kind: 'remote', url, caFile };

/** The descriptor a local object is passed on. */
export const MEDIA_FD = 4;

/** A connection that brings nothing for this long is given up, and made anew by FFmpeg itself. */
const READ_TIMEOUT_US = 5_000_000;
/** What is on air gives up after 4 s in all, by which time the slate is to take over. */
const ON_AIR_PATIENCE_S = 5;

/**
 * The ffconcat list for FFmpeg's stdin: signed addresses stay out of argv, and the allow-lists bind what the object may
 * be and reach. Options per file, as FFmpeg refuses `-reconnect` on the command line beside the concat demuxer.
 * `durationMs` makes the list seekable; null leaves it out. `patienceS`: FFmpeg's `reconnect_delay_max`.
 */
export function mediaList(input: MediaInput, durationMs: number | null, patienceS = ON_AIR_PATIENCE_S): string {
  const options: [string, string][] = [['format_whitelist', MEDIA_FORMAT_WHITELIST]];
  if (input.kind === 'local') {
    options.push(['protocol_whitelist', LOCAL_MEDIA_PROTOCOLS]);
  } else {
    options.push(
      ['protocol_whitelist', REMOTE_MEDIA_PROTOCOLS],
      ['reconnect', '1'],
      ['reconnect_streamed', '1'],
      ['reconnect_on_network_error', '1'],
      ['reconnect_delay_max', String(patienceS)],
      ['rw_timeout', String(READ_TIMEOUT_US)],
    );
    if (input.url.startsWith('https:')) {
      options.push(['tls_verify', '1']);
      if (input.caFile !== null) options.push(['ca_file', input.caFile]);
    }
  }
  const file = input.kind === 'local' ? `file:/proc/self/fd/${MEDIA_FD}` : input.url;
  const lines = ['ffconcat version 1.0', `file ${quote(file)}`];
  if (durationMs !== null) lines.push(`duration ${(durationMs / 1000).toFixed(3)}`);
  lines.push(...options.map(([name, value]) => `option ${name} ${quote(value)}`));
  return `${lines.join('\n')}\n`;
}

/** Protocols the list itself and all it names may use, for the command line. */
export const listProtocols = (input: MediaInput): string =>
  `pipe,${input.kind === 'local' ? LOCAL_MEDIA_PROTOCOLS : REMOTE_MEDIA_PROTOCOLS}`;

/** Single quotes as FFmpeg's own quoting has them; see ffmpeg-utils(1), "Quoting and escaping". */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
