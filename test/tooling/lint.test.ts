import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from './repository.ts';

const run = promisify(execFile);
const oxlint = path.join(repositoryRoot, 'node_modules/oxlint/bin/oxlint');
const report = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

const offences = {
  'typescript(no-floating-promises)': `export function go(): void {\n  Promise.resolve(1);\n}\n`,
  'typescript(no-misused-promises)': `export const odd = [1, 2].filter(async (n) => await Promise.resolve(n > 1));\n[1].forEach(async (n) => { await Promise.resolve(n); });\n`,
  'typescript(switch-exhaustiveness-check)': `export function name(x: 'a' | 'b'): string {\n  switch (x) {\n    case 'a':\n      return 'A';\n  }\n  return '';\n}\n`,
  'typescript(await-thenable)': `export async function go(): Promise<void> {\n  await 1;\n}\n`,
  'typescript(no-explicit-any)': `export const value: any = 1;\n`,
  'typescript(consistent-type-imports)': `import { Stats } from 'node:fs';\nexport type S = Stats;\n`,
  'eslint(no-unused-vars)': `const lost = 1;\nexport {};\n`,
  'eslint(eqeqeq)': `export const same = (a: string, b: string): boolean => a == b;\n`,
  'eslint(no-restricted-globals)': `export const page = await fetch('https://example.org');\n`,
  'eslint(no-console)': `console.log('left over');\n`,
  'import(no-cycle)': `import { other } from './cycle-end.ts';\nexport const one = (): number => other();\n`,
} as const;

describe('the lint rules', () => {
  let folder = '';
  let failed = false;
  let found: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lint-'));
    await symlink(path.join(repositoryRoot, 'node_modules'), path.join(folder, 'node_modules'));
    for (const name of ['.oxlintrc.json', 'tsconfig.json'])
      await copyFile(path.join(repositoryRoot, name), path.join(folder, name));
    await mkdir(path.join(folder, 'src/cli'), { recursive: true });
    const texts = Object.values(offences);
    await Promise.all(texts.map((text, index) => writeFile(path.join(folder, 'src', `offence-${index}.ts`), text)));
    const cycle = texts.findIndex((text) => text.includes('cycle-end'));
    const back = `import { one } from './offence-${cycle}.ts';\nexport const other = (): number => one();\n`;
    await writeFile(path.join(folder, 'src/cycle-end.ts'), back);
    await writeFile(path.join(folder, 'src/cli/clean.ts'), `console.log('for people');\n`);
    const { code, stdout } = await lint(folder);
    failed = code === 1;
    const diagnostics = report.parse(JSON.parse(stdout)).diagnostics;
    found = new Map(
      [...new Set(diagnostics.map((entry) => path.basename(entry.filename)))].map((file) => [
        file,
        new Set(diagnostics.filter((entry) => path.basename(entry.filename) === file).map((entry) => entry.code)),
      ]),
    );
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('end oxlint with exit 1', () => {
    expect(failed).toBe(true);
  });

  it.each(Object.keys(offences).map((code, index) => [code, `offence-${index}.ts`] as const))(
    'refuse what breaks %s',
    (code, file) => {
      expect([...(found.get(file) ?? [])]).toContain(code);
    },
  );

  it('let the commands print, and a clean file pass', () => {
    expect(found.has('clean.ts')).toBe(false);
  });
});

async function lint(cwd: string): Promise<{ readonly code: unknown; readonly stdout: string }> {
  const args = [oxlint, '--type-aware', '--deny-warnings', '--format', 'json', 'src'];
  return run(process.execPath, args, { cwd, timeout: 20_000 }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: unknown; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  );
}
