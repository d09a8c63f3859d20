import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { z } from 'zod';
import { leanHttp } from './lean-http.ts';
import { writeFileAtomically } from '../../src/system/atomic-file.ts';
import { parseJson, readText } from '../../src/system/json.ts';

/** Where to build from and to; the paths are absolute. */
interface BuildPaths {
  readonly entry: string;
  readonly dist: string;
  /** Directory whose `streamctl` link shall lead to the program; null = make no link. */
  readonly binDir: string | null;
}

/** The chunks beside the program, by the build they belong to; none where there is no build, or its file is damaged. */
const generationsSchema = z
  .object({ current: z.array(z.string()), previous: z.array(z.string()) })
  .catch({ current: [], previous: [] });
type Generations = z.infer<typeof generationsSchema>;

const program = 'streamctl.js';
const generationsFile = 'generations.json';

/**
 * Bundles the entry into `streamctl.js` and hashed chunks beside it, every package inside: at run time only Node is
 * needed. Dynamic imports stay lazily loaded chunks.
 *
 * A daemon may be running from the same directory. So new chunks come first, then the program is replaced by one
 * rename, and the chunks of the build before stay, for a lazy import still to come; those of older ones go.
 */
export async function build(paths: BuildPaths): Promise<Generations> {
  const bundle = await bundleEntry(paths.entry);
  const chunks = [...bundle.keys()].filter((name) => name !== program).sort();
  await mkdir(paths.dist, { recursive: true });
  for (const name of chunks) writeFileAtomically(path.join(paths.dist, name), bundle.get(name) ?? '', 0o644);

  const before = generationsSchema.parse(parseJson(readText(path.join(paths.dist, generationsFile)) ?? ''));
  // A build that changes no chunk leaves the generations as they are, or the chunks of the running daemon would age.
  const isUnchanged = before.current.join('\n') === chunks.join('\n');
  const generations: Generations = { current: chunks, previous: isUnchanged ? before.previous : before.current };
  writeFileAtomically(path.join(paths.dist, generationsFile), `${JSON.stringify(generations, null, 2)}\n`, 0o644);
  writeFileAtomically(path.join(paths.dist, program), withShebang(bundle.get(program) ?? ''), 0o755);

  const kept = new Set([program, generationsFile, ...generations.current, ...generations.previous]);
  for (const name of await readdir(paths.dist)) {
    if (!kept.has(name)) await rm(path.join(paths.dist, name), { recursive: true, force: true });
  }
  if (paths.binDir !== null) await linkProgram(paths.binDir, path.join(paths.dist, program));
  return generations;
}

async function bundleEntry(entry: string): Promise<ReadonlyMap<string, string>> {
  const bundler = await rolldown({
    input: { streamctl: entry },
    platform: 'node',
    plugins: [leanHttp],
    logLevel: 'warn',
    // CommonJS packages may ask for their own name, which a module knows otherwise.
    transform: { define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' } },
    // Not a warning here but an error, thrown below.
    checks: { unresolvedImport: false },
  });
  try {
    const { output } = await bundler.generate({
      format: 'esm',
      entryFileNames: program,
      chunkFileNames: '[name]-[hash].js',
      comments: { legal: true, annotation: false, jsdoc: false },
    });
    const names = new Set(output.map((file) => file.fileName));
    const bundle = new Map<string, string>();
    for (const file of output) {
      if (file.type !== 'chunk') throw new Error(`the bundle has an asset nobody would find: ${file.fileName}`);
      const missing = [...file.imports, ...file.dynamicImports].filter((name) => !names.has(name) && !isBuiltin(name));
      if (missing.length > 0) throw new Error(`${file.fileName} would need at run time: ${missing.join(', ')}`);
      bundle.set(file.fileName, file.code);
    }
    return bundle;
  } finally {
    await bundler.close();
  }
}

function withShebang(code: string): string {
  // The daemon makes little garbage and has little to compute: a nursery of 1 MiB instead of 16, and no compiled code, take
  // 12 and 23 MB less, 42 MB with 10,000 objects, and no more of the processor (1.2 % of a core in both cases; measured).
  return `#!/usr/bin/env -S node --max-semi-space-size=1 --lite-mode\n${code.replace(/^#!.*\n/, '')}`;
}

/** npm links the programs of packages, but not the project's own: this spares `npx` a search in the registry. */
async function linkProgram(binDir: string, target: string): Promise<void> {
  if (!existsSync(binDir)) return;
  const temporary = path.join(binDir, `.streamctl.${process.pid}.tmp`);
  await symlink(path.relative(binDir, target), temporary);
  await rename(temporary, path.join(binDir, 'streamctl'));
}

if (import.meta.main) {
  const root = path.resolve(import.meta.dirname, '../..');
  const startedAt = performance.now();
  const { current } = await build({
    entry: path.join(root, 'src/cli/streamctl.ts'),
    dist: path.join(root, 'dist'),
    binDir: path.join(root, 'node_modules/.bin'),
  });
  const elapsedMs = Math.round(performance.now() - startedAt);
  process.stdout.write(`built dist/${program} and ${current.length} chunks in ${elapsedMs} ms\n`);
}
