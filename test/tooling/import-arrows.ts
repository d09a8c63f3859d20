import { isBuiltin } from 'node:module';
import path from 'node:path';
import { parseSync } from 'rolldown/utils';

/** One source file; the path is relative to the repository's root, with slashes. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The package names `package.json` grants. */
export interface GrantedPackages {
  /** At run time, so in src/. */
  readonly dependencies: readonly string[];
  /** In test/ and deploy/ besides. */
  readonly devDependencies: readonly string[];
}

/** A file that breaks a rule, in one line: `path: what is wrong`. */
export type Violation = string;

interface SourceFacts {
  /** Specifiers of static, dynamic and type imports, and of re-exports. */
  readonly imports: readonly string[];
  /** Dotted names of globals and members that are read, such as `Date.now` or `it.skip`. */
  readonly names: readonly string[];
}

interface SyntaxNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Checks one file against the rules of this architecture; an empty list means it keeps them all. */
export function findViolations(source: SourceText, granted: GrantedPackages): readonly Violation[] {
  const parsed = parseSync(source.path, source.text);
  const syntaxErrors = parsed.errors.map((error) => `cannot be parsed: ${error.message}`);
  const facts = collectFacts(parsed.program);
  const complaints = [
    ...syntaxErrors,
    ...facts.imports.flatMap((specifier) => importComplaints(source.path, specifier, granted)),
    ...purityComplaints(source.path, facts),
    ...testComplaints(source.path, facts),
    ...textComplaints(source.text),
  ];
  return [...new Set(complaints)].map((complaint) => `${source.path}: ${complaint}`);
}

/**
 * The layers: which rooms of src/ a room may import besides itself. `deploy` may import what the commands may, and them.
 * docs/architecture.md draws this table.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  text: [],
  system: [],
  reconcile: ['text'],
  state: ['reconcile', 'system'],
  store: ['reconcile', 'text', 'system'],
  youtube: ['reconcile', 'state', 'text', 'system'],
  health: ['reconcile', 'text', 'system'],
  notify: ['reconcile', 'text', 'system'],
  environment: ['store', 'notify', 'youtube', 'text', 'system'],
  history: ['reconcile', 'health', 'state', 'system'],
  observe: ['reconcile', 'store', 'youtube', 'state', 'text', 'system'],
  actuate: ['reconcile', 'store', 'youtube', 'state', 'system'],
  daemon: [
    ...['reconcile', 'observe', 'actuate', 'store', 'youtube', 'state', 'health', 'history', 'environment', 'notify'],
    ...['text', 'system'],
  ],
  cli: [
    ...['reconcile', 'observe', 'actuate', 'store', 'youtube', 'state', 'health', 'history', 'environment', 'notify'],
    ...['text', 'system'],
  ],
};

/** The one file of the commands that may start the daemon. */
const STARTS_THE_DAEMON = 'src/cli/run.ts';

/** Which parts of the repository a part may import; what is not named here is closed to all others. */
function mayImport(from: string, to: string): boolean {
  if (to === 'package.json') return true;
  const room = roomOf(from);
  if (room !== null) {
    const target = roomOf(to);
    if (target === null) return false;
    if (from === STARTS_THE_DAEMON && target === 'daemon') return true;
    return target === room || (LAYERS[room] ?? []).includes(target);
  }
  if (isIn(from, 'src')) return false;
  if (isIn(from, 'deploy')) return isIn(to, 'deploy') || (isIn(to, 'src') && roomOf(to) !== 'daemon');
  return isIn(to, 'test') || isIn(to, 'src') || isIn(to, 'deploy');
}

/** `observe` for `src/observe/runs/record.ts`; null outside the rooms of src/. */
function roomOf(file: string): string | null {
  const [top, room, ...rest] = file.split('/');
  return top === 'src' && room !== undefined && rest.length > 0 ? room : null;
}

/** The files of the repository that this text imports: statically, dynamically and for types alone. */
export function importsOf({ path: from, text }: SourceText): readonly string[] {
  const { imports } = collectFacts(parseSync(from, text).program);
  return imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => targetOf(from, specifier));
}

const targetOf = (from: string, specifier: string): string =>
  path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier));

/** Folders and files of src/ that are pure: no Node module but `node:crypto`, no package, clock or chance. */
const PURE = [
  ...['reconcile', 'text', 'actuate/ffmpeg', 'health/body.ts', 'history/line.ts', 'history/timeline.ts'],
  ...['history/broadcasts.ts', 'state/files.ts', 'store/port.ts', 'store/settings.ts', 'store/keys.ts'],
  ...['store/key-order.ts', 'store/s3/client-config.ts', 'store/s3/failure.ts', 'store/s3/parts.ts'],
  ...['store/local/failure.ts', 'cli/plan/spec-diff.ts', 'cli/media/inspection.ts'],
  ...['cli/prepare/house-file-format.ts', 'cli/status/text.ts'],
].map((place) => `src/${place}`);

const isPure = (file: string): boolean => PURE.some((place) => file === place || isIn(file, place));

function importComplaints(from: string, specifier: string, granted: GrantedPackages): readonly string[] {
  if (specifier.startsWith('.')) {
    const to = targetOf(from, specifier);
    return mayImport(from, to) ? [] : [`may not import ${to}`];
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return [`imports ${specifier} without the node: prefix`];
    const closed = isPure(from) && specifier !== 'node:crypto';
    return closed ? [`is pure and may not import ${specifier}`] : [];
  }
  const name = packageName(specifier);
  if (isPure(from)) return [`is pure and may not import ${name}`];
  const allowed = isIn(from, 'src') ? granted.dependencies : [...granted.dependencies, ...granted.devDependencies];
  return allowed.includes(name) ? [] : [`imports ${name}, which package.json does not grant it`];
}

const impureNames = new Set(
  [
    ['Date.now', 'new Date()', 'performance', 'Temporal.Now', 'process', 'console', 'fetch'],
    ['Math.random', 'crypto', 'randomUUID', 'randomBytes', 'randomInt', 'globalThis'],
    ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'AbortSignal.timeout'],
  ].flat(),
);

function purityComplaints(from: string, facts: SourceFacts): readonly string[] {
  if (!isPure(from)) return [];
  return facts.names.filter((name) => impureNames.has(name)).map((name) => `is pure and may not use ${name}`);
}

function testComplaints(from: string, facts: SourceFacts): readonly string[] {
  if (!isIn(from, 'test')) return [];
  const narrowed = facts.names.filter((name) => /^(it|test|describe|suite|bench)(\..*)?\.(only|skip|todo)$/.test(name));
  return narrowed.map((name) => `leaves tests out by ${name}`);
}

function textComplaints(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:TO[D]O|FIX[M]E|XX[X])\b/g)].map((match) => `says ${match[0]}`);
}

function collectFacts(program: unknown): SourceFacts {
  const imports: string[] = [];
  const names: string[] = [];
  visit(program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ImportExpression':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'TSImportType':
        if (isNode(node['source']) && typeof node['source']['value'] === 'string')
          imports.push(node['source']['value']);
        break;
      case 'NewExpression':
        if (dottedName(node['callee']) === 'Date' && isEmpty(node['arguments'])) names.push('new Date()');
        break;
      default: {
        const name = dottedName(node);
        if (name !== null) names.push(name);
      }
    }
  });
  return { imports, names };
}

/** `a.b.c` for a chain of plain members (through calls as in `it.each(rows).only`), null for anything else. */
function dottedName(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Identifier') return String(node['name']);
  if (node.type === 'CallExpression') return dottedName(node['callee']);
  if (node.type !== 'MemberExpression') return null;
  const object = dottedName(node['object']);
  const property = node['property'];
  if (object === null || !isNode(property)) return null;
  if (node['computed'] === true) return property.type === 'Literal' ? `${object}.${String(property['value'])}` : null;
  return `${object}.${String(property['name'])}`;
}

/** Calls back for every node, but not for names that are only labels: keys, members, declared types. */
function visit(value: unknown, onNode: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const element of value) visit(element, onNode);
    return;
  }
  if (!isNode(value)) return;
  onNode(value);
  for (const [key, child] of Object.entries(value)) {
    const isLabel = value['computed'] !== true && value['shorthand'] !== true && (key === 'key' || key === 'property');
    if (!isLabel) visit(child, onNode);
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isIn(file: string, folder: string): boolean {
  return file.startsWith(`${folder}/`);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
