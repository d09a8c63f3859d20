import { isDeepStrictEqual } from 'node:util';
import { Document, type ParsedNode, Scalar, YAMLSeq, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { formatProblem, parseDesired, type ParseOptions } from '../../observe/desired/parse.ts';
import type { DesiredSpec, MediaSource } from '../../reconcile/model/desired.ts';

/** One thing to be changed in `desired.yaml`. */
export type Edit =
  | { readonly kind: 'running'; readonly running: boolean }
  /** One entry: a key, or a prefix that ends in `/`; more: a list of keys. */
  | { readonly kind: 'media'; readonly entries: readonly string[] };

type Edited =
  /** `text` is the old one where nothing had to change; the hashes are those of the file before and after. */
  | { readonly kind: 'ok'; readonly text: string; readonly before: string; readonly hash: string }
  /** Lines for people: the file before, or the one there would be, is not valid. */
  | { readonly kind: 'refused'; readonly lines: readonly string[] };

/**
 * The text with one value changed and every other byte kept: comments, order, quotes, line ends. The new text is parsed by
 * the daemon's own parser, and refused unless it says the same as the old one but for this value.
 */
export function editDesired(text: string, edit: Edit, options: ParseOptions = {}): Edited {
  const before = parseDesired(Buffer.from(text), options);
  if (before.kind !== 'ok') return refused(before, 'desired.yaml');
  const wanted: DesiredSpec = { ...before.spec, ...wishOf(edit) };
  if (isDeepStrictEqual(before.spec, wanted)) return { kind: 'ok', text, before: before.hash, hash: before.hash };
  const edited = splice(text, edit);
  const after = parseDesired(Buffer.from(edited ?? text), options);
  if (edited === null || (after.kind === 'ok' && !isDeepStrictEqual(after.spec, wanted))) {
    const lines = [`${edit.kind} is written in a way that only a hand can edit (an anchor, an alias, a merge)`];
    return { kind: 'refused', lines };
  }
  if (after.kind !== 'ok') return refused(after, `the new ${edit.kind}`);
  return { kind: 'ok', text: edited, before: before.hash, hash: after.hash };
}

function refused(file: Exclude<ReturnType<typeof parseDesired>, { readonly kind: 'ok' }>, name: string): Edited {
  const lines = file.kind === 'missing' ? [file.message] : file.problems.map((problem) => formatProblem(name, problem));
  return { kind: 'refused', lines };
}

function wishOf(edit: Edit): Partial<DesiredSpec> {
  switch (edit.kind) {
    case 'running':
      return { running: edit.running };
    case 'media':
      return { media: sourceOf(edit.entries) };
  }
}

function sourceOf([first = '', ...more]: readonly string[]): MediaSource {
  if (more.length > 0) return { kind: 'list', keys: [first, ...more] };
  return first.endsWith('/') ? { kind: 'prefix', prefix: first } : { kind: 'key', key: first };
}

/** The edited text, not yet checked; null when the place cannot be found. */
function splice(text: string, edit: Edit): string | null {
  const root = parseDocument(text, { prettyErrors: false }).contents;
  if (!isMap(root)) return null;
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === edit.kind);
  if (pair?.value === null || pair?.value === undefined) return null;
  const place = placeOf(text, pair.key, pair.value);
  const inFlow = root.flow === true;
  switch (edit.kind) {
    case 'running':
      return replaceInline(text, place, String(edit.running));
    case 'media': {
      const [only = '', ...more] = edit.entries;
      if (more.length === 0) return replaceInline(text, place, yamlOf(keyScalar(only)));
      if (inFlow) return replaceInline(text, place, `[${edit.entries.map((key) => JSON.stringify(key)).join(', ')}]`);
      return replaceByBlock(text, place, yamlOf(listOf(edit.entries, pair.value)));
    }
  }
}

interface Place {
  /** Offset after the colon. */
  readonly afterKey: number;
  /** The value; equal when it stands on the lines below. */
  readonly from: number;
  readonly to: number;
  /** Lines of their own below the key's, which a block value takes; null = the value stands on the key's line. */
  readonly block: { readonly from: number; readonly to: number } | null;
  readonly indent: string;
}

function placeOf(text: string, key: ParsedNode, value: ParsedNode): Place {
  const keyStart = key.range[0];
  const afterKey = text.indexOf(':', key.range[1]) + 1;
  const [from, end] = value.range;
  // The range of a text over several lines includes the end of its last line.
  const to = from + text.slice(from, end).trimEnd().length;
  const indent = /^[ ]*/.exec(text.slice(text.lastIndexOf('\n', keyStart - 1) + 1))?.[0] ?? '';
  const isBlock = isSeq(value) && value.flow !== true && text.slice(afterKey, from).includes('\n');
  if (!isBlock) return { afterKey, from, to, block: null, indent };
  const firstLine = text.indexOf('\n', afterKey) + 1;
  // From the line below the key's to the end of the last entry's, its comment included.
  const nextLine = text.indexOf('\n', to - 1) + 1;
  const block = { from: firstLine, to: nextLine === 0 ? text.length : nextLine };
  return { afterKey, from: afterKey, to: afterKey, block, indent };
}

function replaceInline(text: string, { from, to, block }: Place, value: string): string {
  if (block === null) return withComment(text.slice(0, from) + value, text, to);
  return withComment(`${text.slice(0, from)} ${value}`, text.slice(0, block.from), to) + text.slice(block.to);
}

function replaceByBlock(text: string, { afterKey, from, to, block, indent }: Place, lines: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const value = lines
    .split('\n')
    .map((line) => `${indent}  ${line}${eol}`)
    .join('');
  if (block !== null) return text.slice(0, block.from) + value + text.slice(block.to);
  const newline = text.indexOf('\n', to);
  const lineEnd = newline === -1 ? text.length : newline + 1;
  const keyLine = text.slice(0, afterKey) + text.slice(afterKey, from).trimEnd();
  return `${withComment(keyLine, text.slice(0, lineEnd), to).trimEnd()}${eol}${value}${text.slice(lineEnd)}`;
}

/** What follows the old value, after the new one; a comment stays in its column where there is room. */
function withComment(head: string, text: string, oldEnd: number): string {
  const gap = /^ +(?=#)/.exec(text.slice(oldEnd))?.[0].length ?? 0;
  if (gap === 0) return head + text.slice(oldEnd);
  const lineStart = (at: string): number => at.lastIndexOf('\n') + 1;
  const column = oldEnd + gap - lineStart(text.slice(0, oldEnd));
  const lineLength = head.length - lineStart(head);
  return head + ' '.repeat(Math.max(1, column - lineLength)) + text.slice(oldEnd + gap);
}

/** Entries that were there before keep their comments and quotes. */
function listOf(keys: readonly string[], old: ParsedNode): YAMLSeq {
  const known = new Map<string, Scalar>();
  const list = new YAMLSeq();
  if (isSeq(old) && old.flow !== true) {
    for (const item of old.items) {
      if (isScalar(item) && typeof item.value === 'string' && item.anchor === undefined) known.set(item.value, item);
    }
    // The library gives the comment above the first entry to the list.
    const [first] = old.items;
    const owner = isScalar(first) && keys.includes(String(first.value)) ? first : list;
    owner.commentBefore = [old.commentBefore, owner.commentBefore].filter((each) => each !== undefined).join('\n');
  }
  for (const key of keys) {
    list.items.push(known.get(key) ?? keyScalar(key));
    // Of a key that is named twice the first entry keeps the comments.
    known.delete(key);
  }
  return list;
}

/** Unquoted only where every YAML parser reads it as a text. */
function keyScalar(key: string): Scalar {
  const scalar = new Scalar(key);
  scalar.type = /^[A-Za-z][A-Za-z0-9_./-]*$/.test(key) ? 'PLAIN' : 'QUOTE_DOUBLE';
  return scalar;
}

function yamlOf(node: Scalar | YAMLSeq): string {
  const document = new Document();
  document.contents = node as Document['contents'];
  return document.toString({ lineWidth: 0 }).trimEnd();
}
