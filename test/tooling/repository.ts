import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { SourceText } from './import-arrows.ts';

/** The repository's root, an absolute path. */
export const repositoryRoot = path.resolve(import.meta.dirname, '../..');

/** All TypeScript sources below the given folders, in the order of their paths. */
export function readSources(...folders: readonly string[]): readonly SourceText[] {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path.posix.join(folder, name)),
    )
    .sort()
    .map((file) => ({ path: file, text: readFileSync(path.join(repositoryRoot, file), 'utf8') }));
}

/** A JSON file of the repository, not yet checked. */
export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(repositoryRoot, file), 'utf8')) as unknown;
}
