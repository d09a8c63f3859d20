import type { ListedObject } from '../model/item.ts';

/** Endings of files that lie beside media: subtitles, descriptions, unfinished uploads, play lists, check sums. In small letters. */
export const IGNORED_ENDINGS = [
  ...['srt', 'vtt', 'ass', 'ssa', 'sub', 'idx', 'lrc'],
  ...['nfo', 'txt', 'md', 'json', 'xml', 'yaml', 'yml', 'csv', 'log', 'html', 'pdf', 'url'],
  ...['part', 'partial', 'crdownload', 'download', 'tmp', 'temp', 'filepart', 'aria2', 'bak'],
  ...['m3u', 'm3u8', 'pls', 'cue'],
  ...['md5', 'sha1', 'sha256', 'sfv', 'torrent'],
] as const;

/** Files that desktops leave behind. In small letters. */
export const IGNORED_NAMES = ['thumbs.db', 'desktop.ini', 'ehthumbs.db'] as const;

/** Whether the name of an object under a prefix says that it is no media: it is then passed over. What desired.yaml names never is. */
export function isIgnored(key: string): boolean {
  const name = key.slice(key.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  const ending = dot < 0 ? '' : name.slice(dot + 1);
  if (name.startsWith('.') || name.endsWith('~')) return true;
  return (IGNORED_NAMES as readonly string[]).includes(name) || (IGNORED_ENDINGS as readonly string[]).includes(ending);
}

/** The keys of a listing that may be media, in its order. */
export const mediaIn = (objects: readonly ListedObject[]): readonly string[] =>
  objects.flatMap(({ key }) => (isIgnored(key) ? [] : [key]));
