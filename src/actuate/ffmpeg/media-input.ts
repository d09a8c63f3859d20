import {
  addressLine,
  LOCAL_MEDIA_PROTOCOLS,
  MEDIA_FORMAT_WHITELIST,
  MEDIA_MAX_PIXELS,
  REMOTE_MEDIA_PROTOCOLS,
} from '../../reconcile/playout/allowed-media.ts';
import type { ItemFacts } from '../../reconcile/model/item.ts';
import type { ItemSpec } from '../../reconcile/model/playout.ts';
import { liesApart } from '../../reconcile/playout/spec.ts';

/** Every FFmpeg: no banner, no keys, no counter; what goes wrong is logged, each line with its level. */
export const QUIET: readonly string[] = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+error'];

/** Input from a generator of FFmpeg's, such as `color=c=black`. */
export const generated = (source: string): readonly string[] => ['-f', 'lavfi', '-i', source];

/** Where FFmpeg reads an item from. A local object is opened by us and handed over as a descriptor, so that no name has to be quoted. */
export type MediaInput =
  | { readonly kind: 'remote'; readonly url: string; readonly caFile: string | null }
  | { readonly kind: 'local'; readonly path: string };

/** How an address the store gave is read. */
export const mediaInput = (url: string, caFile: string | null): MediaInput =>
  url.startsWith('file:') ? { kind: 'local', path: url.slice('file:'.length) } : { kind: 'remote', url, caFile };

/** The descriptor a local object is passed on. */
export const MEDIA_FD = 4;

/** FFmpeg gives up a connection that brings nothing for this long, and makes a new one. */
const READ_TIMEOUT_US = 5_000_000;
/** FFmpeg's `reconnect_delay_max` on air: with 5 it gives up after 4 s in all (measured), and then the slate takes over. */
const ON_AIR_PATIENCE_S = 5;

/** The descriptor with the address a second time, for an item that is read by two connections. */
export const SECOND_ADDRESS_FD = 6;

/**
 * Demuxers whose time stamps FFmpeg expects to jump (AVFMT_TS_DISCONT): recordings joined by `cat`, DVDs, chained Ogg.
 * Behind the concat demuxer it does not (measured: half of such a file was played), so they are read by `concatf`. That
 * takes no options for the address: neither `-reconnect` nor, over https, `-tls_verify`. An item whose picture and sound
 * lie apart is read by `concatf`, too, once for each, as the concat demuxer would read both each time. All else is read
 * as a list.
 */
const JUMPING_FORMATS = new Set(['mpegts', 'mpeg', 'ogg', 'flv']);

/** The facts that decide how an object is read. */
type Layout = Pick<ItemFacts, 'formatName' | 'apartS'>;

/** Whether FFmpeg reads the object as a list of one file, not by its address. Its time then begins with the object's first time stamp. */
export const isReadAsList = (facts: Layout): boolean => !JUMPING_FORMATS.has(facts.formatName) && !liesApart(facts);

/** Input options for the media on stdin, or on the descriptor `fd`, `-i` included; the allow-lists bind what the object may be and reach. */
export function mediaArgs(input: MediaInput, facts: Layout, fd = 0): readonly string[] {
  const protocols = input.kind === 'local' ? LOCAL_MEDIA_PROTOCOLS : REMOTE_MEDIA_PROTOCOLS;
  if (isReadAsList(facts))
    return [
      ...[...BOUNDED_PICTURE, '-f', 'concat', '-safe', '0'],
      // Else the demuxer rewrites every packet of H.264, and ends the item at the first one that is damaged.
      ...['-auto_convert', '0', '-protocol_whitelist', `pipe,${protocols}`, '-i', 'pipe:0'],
    ];
  const timeout = input.kind === 'remote' ? ['-rw_timeout', String(READ_TIMEOUT_US)] : [];
  const allowed = ['-protocol_whitelist', `concatf,pipe,${protocols}`, '-format_whitelist', MEDIA_FORMAT_WHITELIST];
  return [...BOUNDED_PICTURE, ...allowed, ...timeout, '-i', `concatf:pipe:${fd}`];
}

/** Input option: no picture larger than fits into memory. */
export const BOUNDED_PICTURE = ['-max_pixels', String(MEDIA_MAX_PIXELS)];

export interface ReadingOptions {
  /** The item's length, which makes a list seekable; null = nothing is sought in it. */
  readonly durationMs: number | null;
  /** FFmpeg's `reconnect_delay_max`, seconds; absent = what suits an item on air. */
  readonly patienceS?: number;
}

/** The `durationMs` a list needs for this part; null = it begins at the beginning. A longer one than the item's does as well. */
export const seekableToMs = ({ facts, part }: ItemSpec): number | null =>
  part.cursor.offsetMs === 0 ? null : facts.durationS === null ? part.cursor.offsetMs + DAY_MS : facts.durationS * 1000;

const DAY_MS = 86_400_000;

/** What FFmpeg is told on its stdin, so that no signed address is in argv. */
export function mediaStdin(input: MediaInput, facts: Layout, options: ReadingOptions): string {
  const address = input.kind === 'local' ? `file:/proc/self/fd/${MEDIA_FD}` : input.url;
  return isReadAsList(facts) ? mediaList(input, address, options) : addressLine(address);
}

/** What FFmpeg is told on `SECOND_ADDRESS_FD`; null = nothing, as one connection reads all of the item. */
export const secondAddress = (input: MediaInput, facts: Layout): string | null =>
  liesApart(facts) ? mediaStdin(input, facts, { durationMs: null }) : null;

/** Options per file, as FFmpeg refuses `-reconnect` on the command line beside the concat demuxer. */
function mediaList(
  input: MediaInput,
  address: string,
  { durationMs, patienceS = ON_AIR_PATIENCE_S }: ReadingOptions,
): string {
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
  const lines = ['ffconcat version 1.0', `file ${quote(address)}`];
  if (durationMs !== null) lines.push(`duration ${(durationMs / 1000).toFixed(3)}`);
  lines.push(...options.map(([name, value]) => `option ${name} ${quote(value)}`));
  return `${lines.join('\n')}\n`;
}

/** Single quotes as FFmpeg's own quoting has them; see ffmpeg-utils(1), "Quoting and escaping". */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
