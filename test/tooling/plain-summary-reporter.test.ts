import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRefused } from './plain-summary-reporter.ts';
import { repositoryRoot } from './repository.ts';

const vitest = path.join(repositoryRoot, 'node_modules/vitest/vitest.mjs');
const reporter = path.join(import.meta.dirname, 'plain-summary-reporter.ts');

describe('the closing line of a test run', { timeout: 60_000 }, () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'plain-summary-'));
    symlinkSync(path.join(repositoryRoot, 'node_modules'), path.join(folder, 'node_modules'));
    const head = `import { expect, it } from 'vitest';\n`;
    writeFileSync(path.join(folder, 'good.test.ts'), `${head}it('a', () => {});\nit('b', () => {});\n`);
    writeFileSync(
      path.join(folder, 'left-out.test.ts'),
      `${head}it('a', () => {});\nit.skipIf(true)('b', () => {});\n`,
    );
    writeFileSync(
      path.join(folder, 'vitest.config.mjs'),
      `export default { test: { tags: [{ name: 'long' }], tagsFilter: ['!long'] } };\n`,
    );
    writeFileSync(
      path.join(folder, 'long-one.test.ts'),
      `${head}it('a', () => {});\nit('b', { tags: 'long' }, () => {});\n`,
    );
    writeFileSync(path.join(folder, 'bad.test.ts'), `${head}it('a', () => { expect(1).toBe(2); });\n`);
    writeFileSync(path.join(folder, 'broken.test.ts'), `import './missing.ts';\n`);
    const second = `let tries = 0;\nit('c', { retry: 1 }, () => { tries += 1; expect(tries, 'too early').toBe(2); });\n`;
    const never = `it('d', { retry: 1 }, () => { expect(1).toBe(2); });\n`;
    writeFileSync(path.join(folder, 'second-try.test.ts'), `${head}it('a', () => {});\n${second}`);
    writeFileSync(path.join(folder, 'never.test.ts'), `${head}${never}`);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function run(
    files: readonly string[],
    ci: string,
  ): { readonly lines: readonly string[]; readonly exit: number | null } {
    const reporters = ['--reporter', 'default', '--reporter', reporter];
    const args = [vitest, 'run', '--root', folder, ...reporters, ...files.map((file) => `${file}.test.ts`)];
    const result = spawnSync(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, CI: ci },
      encoding: 'utf8',
      timeout: 50_000,
    });
    return { lines: result.stdout.trimEnd().split('\n'), exit: result.status };
  }

  it.each([
    { files: ['good'], ci: 'true', line: '2 passed, 0 failed', exit: 0 },
    { files: ['bad', 'broken', 'never'], ci: '', line: '0 passed, 3 failed', exit: 1 },
    { files: ['left-out'], ci: '', line: '1 passed, 0 failed, 1 skipped', exit: 0 },
    { files: ['left-out'], ci: 'true', line: '1 passed, 0 failed, 1 skipped', exit: 1 },
    { files: ['long-one'], ci: 'true', line: '1 passed, 0 failed', exit: 0 },
  ])('is "$line" and the exit code $exit for $files with CI=$ci', ({ files, ci, line, exit }) => {
    const { lines, exit: code } = run(files, ci);
    expect({ last: lines.at(-1), exit: code }).toEqual({ last: line, exit });
    expect(lines.filter((each) => each.startsWith('flaky: '))).toEqual([]);
  });

  it.each([
    ['1', true],
    ['true', true],
    ['false', false],
    ['0', false],
    ['', false],
    [undefined, false],
  ])('refuses skipped tests with CI=%s: %s', (CI, refused) => {
    expect(isRefused({ passed: 1, failed: 0, skipped: 1 }, { CI })).toBe(refused);
    expect(isRefused({ passed: 1, failed: 0, skipped: 0 }, { CI })).toBe(false);
  });

  it('comes after the tests that passed at their second attempt, each named as flaky with its first error', () => {
    const { lines, exit } = run(['second-try'], 'true');
    expect(lines.slice(-3)).toEqual([
      'flaky: second-try.test.ts > c',
      expect.stringMatching(/^ {2}too early: expected 1 to be 2/),
      '2 passed, 0 failed',
    ]);
    expect(exit).toBe(0);
  });
});
