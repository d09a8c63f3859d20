import path from 'node:path';
import { importsOf, type SourceText, type Violation } from './import-arrows.ts';

/** As many files as a person takes in at a glance may lie directly in a folder of src/. */
const MOST_FILES = 12;

/** The floors of src/reconcile, lowest first: a file imports from its own folder and from the floors below. */
const FLOORS: readonly (readonly string[])[] = [
  ['model'],
  ['playout', 'runs', 'broadcast'],
  ['memory'],
  ['programme'],
  ['rules', 'status'],
  ['.'],
];

/**
 * Checks the house as a whole: no circle of imports, the floors of src/reconcile, no file directly in src/, no crowded
 * folder. An empty list means that every wall stands.
 */
export function findBrokenWalls(sources: readonly SourceText[]): readonly Violation[] {
  const inSrc = sources.filter((source) => source.path.startsWith('src/'));
  const shipped = sources.filter((source) => /^(src|deploy)\//.test(source.path));
  return [
    ...circleIn(shipped).map((circle) => `imports in a circle: ${circle.join(' → ')}`),
    ...inSrc.flatMap(floorComplaints),
    ...inSrc
      .filter((source) => path.posix.dirname(source.path) === 'src')
      .map(({ path: file }) => `${file}: lies in no room`),
    ...crowdedFolders(inSrc),
  ];
}

/** The first circle of imports, as the files on its way; empty where there is none. */
function circleIn(sources: readonly SourceText[]): readonly (readonly string[])[] {
  const imports = new Map(sources.map((source) => [source.path, importsOf(source)]));
  const done = new Set<string>();
  const way: string[] = [];
  const search = (file: string): readonly string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    way.push(file);
    for (const target of imports.get(file) ?? []) {
      const circle = search(target);
      if (circle !== null) return circle;
    }
    way.pop();
    done.add(file);
    return null;
  };
  for (const { path: file } of sources) {
    const circle = search(file);
    if (circle !== null) return [circle];
  }
  return [];
}

function floorComplaints(source: SourceText): readonly Violation[] {
  const folder = folderInReconcile(source.path);
  if (folder === null) return [];
  return importsOf(source).flatMap((target) => {
    const targetFolder = folderInReconcile(target);
    if (targetFolder === null || targetFolder === folder || floorOf(targetFolder) < floorOf(folder)) return [];
    return [`${source.path}: imports ${target}, which is not on a floor below`];
  });
}

/** `rules` for `src/reconcile/rules/uplink.ts` and all below, `.` for a file at its root; null elsewhere. */
function folderInReconcile(file: string): string | null {
  const within = path.posix.relative('src/reconcile', file);
  return within.startsWith('..') ? null : (path.posix.dirname(within).split('/')[0] ?? '.');
}

const floorOf = (folder: string): number => FLOORS.findIndex((floor) => floor.includes(folder));

function crowdedFolders(sources: readonly SourceText[]): readonly Violation[] {
  const folders = Map.groupBy(sources, (source) => path.posix.dirname(source.path));
  return [...folders]
    .filter(([, files]) => files.length > MOST_FILES)
    .map(([folder, files]) => `${folder}: ${files.length} files lie directly in it, ${MOST_FILES} may`);
}
