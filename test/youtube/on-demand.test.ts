import path from 'node:path';
import { expect, it } from 'vitest';
import { readSources } from '../tooling/repository.ts';

/** Static imports and re-exports that exist at run time, of one file, as paths from the root. */
function loadedWith({ path: file, text }: { readonly path: string; readonly text: string }): readonly string[] {
  const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)([^'";]*?)from\s+'(\.[^']+)'/gm);
  return [...statements].flatMap(([, names = '', specifier = '']) => {
    const isTypesAlone = /^\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\}\s*$/.test(names);
    return isTypesAlone ? [] : [path.posix.join(path.posix.dirname(file), specifier)];
  });
}

const isClient = (file: string): boolean => file.startsWith('src/youtube/');

it('is loaded where it is used alone: without a login the daemon has not a byte of it', () => {
  const loading = readSources('src')
    .filter((source) => !isClient(source.path) && !source.path.startsWith('src/cli/youtube/'))
    .flatMap((source) =>
      loadedWith(source)
        .filter(isClient)
        .map((target) => `${source.path} loads ${target}`),
    );
  expect(loading).toEqual([]);
});

it('would be found where it is loaded at once', () => {
  const of = (text: string): readonly string[] => loadedWith({ path: 'src/daemon/a.ts', text });
  const [client] = [['src/youtube/connect.ts']];
  expect(of(`import { connectYouTube } from '../youtube/connect.ts';`)).toEqual(client);
  expect(of(`import { connectYouTube, type Y } from '../youtube/connect.ts';`)).toEqual(client);
  expect(of(`export * from '../youtube/connect.ts';`)).toEqual(client);
  expect(
    of(`import type { Y } from '../youtube/connect.ts';\nimport { type Y } from '../youtube/connect.ts';`),
  ).toEqual([]);
  expect(of(`const { connectYouTube } = await import('../youtube/connect.ts');`)).toEqual([]);
});
