import { createHash } from 'node:crypto';
import {
  type Document,
  LineCounter,
  type ParsedNode,
  type YAMLMap,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { sizeFault } from './bounds.ts';
import { DESIRED_KEYS, desiredSchema } from './schema/keys.ts';
import { findSecret, secretNameRefusal } from './secrets.ts';
import { decodeUtf8 } from './utf8.ts';
import type { DesiredFile, DesiredSpec, SpecProblem } from '../../reconcile/model/desired.ts';
import { oneLine, show } from '../../text/complaint.ts';
import { nearestName } from '../../text/nearest-name.ts';
import { BROADCAST_KEYS } from './schema/broadcast.ts';

/** Larger files are refused unread. */
export const MAX_DESIRED_BYTES = 1024 * 1024;
const MAX_PROBLEMS = 50;
/** Only the first few syntax errors are told: later ones mostly follow from them. */
const MAX_SYNTAX_FAULTS = 5;
const MAX_ALIASES = 100;
/** Marks of an unfinished merge, which git writes at the start of a line. */
const CONFLICT = /^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)/m;

export interface ParseOptions {
  /** Secrets: they must not occur in the file, and are never printed. */
  readonly secrets?: readonly string[];
}

/** The bytes of `desired.yaml` as a spec, or all that is wrong with them, sorted by place; `hash` null: they are too many. Never throws. */
export function parseDesired(bytes: Uint8Array, options: ParseOptions = {}): DesiredFile {
  // Of a larger file only the first bytes are here, and their hash would match no commit.
  const isWhole = bytes.length <= MAX_DESIRED_BYTES;
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const outcome = outcomeOf(bytes, options.secrets ?? []);
  return outcome.kind === 'ok'
    ? { ...outcome, hash }
    : { ...outcome, hash: isWhole ? hash : null, problems: sorted(outcome.problems) };
}

/** `desired.yaml:3:1: what is wrong`, a form that editors and CI logs link to the place. */
export function formatProblem(path: string, problem: SpecProblem): string {
  return `${path}:${String(problem.line)}:${String(problem.column)}: ${problem.message}`;
}

type Outcome =
  | { readonly kind: 'ok'; readonly spec: DesiredSpec }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

type Root = YAMLMap.Parsed;

const SECRET_FOUND =
  'a stream key or storage secret of the environment stands in this file; remove it, and renew it if the file was shared';

function outcomeOf(bytes: Uint8Array, secrets: readonly string[]): Outcome {
  if (bytes.length > MAX_DESIRED_BYTES)
    return invalid({ line: 1, column: 1, message: 'the file is larger than 1 MiB' });
  const decoded = decodeUtf8(bytes);
  if (decoded.kind === 'invalid') return invalid(decoded.problem);
  const { text } = decoded;
  const secretAt = findSecret(text, secrets);
  if (secretAt >= 0) return invalid(problemAt(text, secretAt, SECRET_FOUND));
  const conflict = CONFLICT.exec(text);
  if (conflict !== null) {
    return invalid(problemAt(text, conflict.index, `git conflict marker ${conflict[0]}; resolve the merge first`));
  }
  try {
    const fault = sizeFault(text);
    if (fault !== null) return invalid(problemAt(text, fault.offset, fault.message));
    return outcomeOfYaml(text, secrets);
  } catch (error) {
    // The YAML library throws on nesting beyond the stack and on too many aliases.
    const why = error instanceof RangeError ? 'it is nested too deeply' : 'its anchors or aliases cannot be resolved';
    return invalid({ line: 1, column: 1, message: `the file cannot be read as YAML: ${why}` });
  }
}

function outcomeOfYaml(text: string, secrets: readonly string[]): Outcome {
  const lines = new LineCounter();
  // With log level silent a second document would go unnoticed. `keyProblems` looks for duplicates: the library compares every
  // key with every other, which takes minutes for a big file.
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  const at = (offset: number, message: string): SpecProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), message };
  };

  const faults = [...doc.errors, ...doc.warnings].slice(0, MAX_SYNTAX_FAULTS);
  if (faults.length > 0)
    return invalid(...faults.map((fault) => at(fault.pos[0], yamlFault(fault.code, fault.message))));
  if (doc.directives?.yaml.version !== '1.2') return invalid(at(0, 'a %YAML directive other than 1.2; remove it'));
  const root = doc.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    return invalid(at(0, 'the file is empty; accepted: at least running, media and bitrate, one "key: value" a line'));
  }
  if (!isMap(root)) return invalid(at(root.range[0], `found ${kindOf(root)}; accepted: one "key: value" a line`));

  const hidden = hiddenProblems(doc, secrets, at);
  if (hidden.length > 0) return invalid(...hidden);
  const problems = [
    ...keyProblems(root, DESIRED_KEYS, at),
    ...root.items.flatMap(({ key, value }) =>
      nameOf(key) === 'broadcast' && isMap(value) ? keyProblems(value, BROADCAST_KEYS, at) : [],
    ),
  ];
  const parsed = desiredSchema.safeParse(plainData(doc, root));
  if (!parsed.success) {
    for (const issue of parsed.error.issues.flatMap((each) => leaves(each, []))) {
      const offset = issue.path.length === 0 ? 0 : offsetOf(doc, issue.path);
      problems.push(at(offset, `${pathText(issue.path)}: ${issue.message}`));
    }
  }
  if (problems.length === 0 && parsed.success) return { kind: 'ok', spec: parsed.data };
  return invalid(...problems.map((problem) => withoutSecret(problem, secrets)));
}

type At = (offset: number, message: string) => SpecProblem;

/** Problems that show only in the parsed YAML: a secret written with escapes or over lines, an alias without an anchor. */
function hiddenProblems(doc: Document.Parsed<ParsedNode>, secrets: readonly string[], at: At): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const anchors = new Set<string>();
  visit(doc, (_, node) => {
    if (problems.length >= MAX_SYNTAX_FAULTS) return visit.BREAK;
    if (isAlias(node)) {
      if (anchors.has(node.source)) return undefined;
      const message = `found the alias ${show(`*${node.source}`)}, and no anchor of that name before it; accepted: a value, or the alias of one`;
      problems.push(at(node.range?.[0] ?? 0, message));
    } else if (isScalar(node) || isCollection(node)) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
      if (isScalar(node) && findSecret(String(node.value), secrets) >= 0) {
        problems.push(at(node.range?.[0] ?? 0, SECRET_FOUND));
      }
    }
    return undefined;
  });
  return problems;
}

/** Unknown, repeated and secret-looking keys, each at its place. */
function keyProblems(map: Root, names: readonly string[], at: At): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (problems.length >= MAX_PROBLEMS) break;
    const name = nameOf(key);
    const offset = key?.range?.[0] ?? map.range[0];
    if (name === null) {
      problems.push(at(offset, `found ${kindOf(key)} as a key; accepted: ${names.join(', ')}`));
    } else if (seen.has(name)) {
      problems.push(at(offset, `${show(name)} stands here a second time; keep one`));
    } else if (!names.includes(name)) {
      problems.push(at(offset, unknownName(name, names)));
    }
    if (name !== null) seen.add(name);
  }
  return problems;
}

function unknownName(name: string, names: readonly string[]): string {
  const refusal = secretNameRefusal(name);
  if (refusal !== null) return `${show(name)} is refused here: ${refusal}`;
  const nearest = nearestName(name, names);
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
  return `unknown key ${show(name)}${hint} (accepted: ${names.join(', ')})`;
}

/** The values of the known keys; `keyProblems` has told of the others. */
function plainData(doc: Document.Parsed<ParsedNode>, root: Root): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const { key, value } of root.items) {
    const name = nameOf(key);
    if (name === null || !DESIRED_KEYS.includes(name)) continue;
    data[name] = value === null ? null : value.toJS(doc, { maxAliasCount: MAX_ALIASES });
  }
  return data;
}

function nameOf(key: unknown): string | null {
  return isScalar(key) && typeof key.value === 'string' ? key.value : null;
}

function kindOf(node: unknown): string {
  if (isScalar(node)) return show(node.value);
  if (isAlias(node)) return 'an alias';
  if (isCollection(node)) return isMap(node) ? 'a map' : 'a list';
  return 'nothing';
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The issues to be told. Of a union's branches the one that points deeper (into a list) names the better place. */
function leaves(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): Issue[] {
  // `keyProblems` tells of them at their own places.
  if (issue.code === 'unrecognized_keys') return [];
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    const deeper = issue.errors.find((branch) => branch.some((each) => each.path.length > 0));
    if (deeper !== undefined) return deeper.slice(0, MAX_PROBLEMS).flatMap((each) => leaves(each, path));
  }
  return [{ path, message: issue.message }];
}

/** Where the value stands; for a missing value, where the nearest value around it stands. */
function offsetOf(doc: Document.Parsed<ParsedNode>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = doc.getIn(path.slice(0, length), true);
    if (isScalar(node) || isCollection(node) || isAlias(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${String(part)}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function yamlFault(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here; keep one, without "---" between';
  if (code === 'TAB_AS_INDENT') return 'a tab is no indentation in YAML; use spaces';
  if (/call stack/i.test(message)) return 'nested too deeply';
  // After a colon and a quote the message repeats a piece of the file, which may be a secret.
  return `not valid YAML: ${oneLine(message.replace(/: ".*/s, ''))}`;
}

/** A secret written with YAML escapes is not found in the text, but would stand in the message. */
function withoutSecret(problem: SpecProblem, secrets: readonly string[]): SpecProblem {
  return findSecret(problem.message, secrets) < 0
    ? problem
    : { ...problem, message: 'found a secret of the environment; remove it' };
}

function problemAt(text: string, offset: number, message: string): SpecProblem {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), message };
}

function invalid(...problems: readonly SpecProblem[]): Outcome {
  return { kind: 'invalid', problems };
}

function sorted(problems: readonly SpecProblem[]): readonly SpecProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, MAX_PROBLEMS);
}
