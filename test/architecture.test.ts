import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findBrokenWalls } from './tooling/house-walls.ts';
import { findViolations, type GrantedPackages } from './tooling/import-arrows.ts';
import { readJson, readSources } from './tooling/repository.ts';

const manifest = z
  .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
  .parse(readJson('package.json'));

describe('the repository', () => {
  it('keeps to its import arrows, stays pure in reconcile, and leaves no test or task behind', () => {
    const granted: GrantedPackages = {
      dependencies: Object.keys(manifest.dependencies),
      devDependencies: Object.keys(manifest.devDependencies),
    };
    const sources = readSources('src', 'test', 'deploy');
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap((source) => findViolations(source, granted))).toEqual([]);
  });

  it('has no circle of imports, no crowded folder, and floors that are only climbed down', () => {
    expect(findBrokenWalls(readSources('src', 'deploy'))).toEqual([]);
  });
});

describe('the checker of the walls', () => {
  const files = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([path, text]) => ({ path, text }));

  it.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'a circle of two',
      { 'src/observe/a.ts': `import { b } from './b.ts';`, 'src/observe/b.ts': `export * from './a.ts';` },
      'imports in a circle: src/observe/a.ts → src/observe/b.ts → src/observe/a.ts',
    ],
    [
      'a circle of types',
      {
        'src/state/a.ts': `import type { B } from './b.ts';`,
        'src/state/b.ts': `type C = import('./c.ts').C;`,
        'src/state/c.ts': `const a = await import('./a.ts');`,
      },
      'imports in a circle: src/state/a.ts → src/state/b.ts → src/state/c.ts → src/state/a.ts',
    ],
    [
      'a way up',
      { 'src/reconcile/memory/a.ts': `import { b } from '../programme/b.ts';` },
      'src/reconcile/memory/a.ts: imports src/reconcile/programme/b.ts, which is not on a floor below',
    ],
    [
      'a way across',
      { 'src/reconcile/status/a.ts': `import type { B } from '../rules/b.ts';` },
      'src/reconcile/status/a.ts: imports src/reconcile/rules/b.ts, which is not on a floor below',
    ],
    [
      'a way to the root',
      { 'src/reconcile/rules/a.ts': `import { plan } from '../plan.ts';` },
      'src/reconcile/rules/a.ts: imports src/reconcile/plan.ts, which is not on a floor below',
    ],
    ['a file in no room', { 'src/a.ts': '' }, 'src/a.ts: lies in no room'],
    [
      'a crowded folder',
      Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`src/text/${index}.ts`, ''])),
      'src/text: 13 files lie directly in it, 12 may',
    ],
  ])('refuses %s', (_name, texts, complaint) => {
    expect(findBrokenWalls(files(texts))).toEqual([complaint]);
  });

  it('accepts what goes down, and files that share what they need', () => {
    expect(
      findBrokenWalls(
        files({
          'src/reconcile/plan.ts': `import { a } from './rules/a.ts'; import { b } from './model/b.ts';`,
          'src/reconcile/rules/a.ts': `import { b } from '../model/b.ts'; import { c } from './c.ts';`,
          'src/reconcile/rules/c.ts': `import { b } from '../model/b.ts';`,
          'src/reconcile/model/b.ts': '',
        }),
      ),
    ).toEqual([]);
  });
});

describe('the checker', () => {
  const granted: GrantedPackages = { dependencies: ['zod', '@aws-sdk/client-s3'], devDependencies: ['vitest'] };
  const pureOnly = 'is pure and may not';

  it.each([
    ['src/observe/a.ts', `import { b } from '../actuate/b.ts';`, 'may not import src/actuate/b.ts'],
    ['src/actuate/a.ts', `import { b } from '../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/actuate/a.ts', `import type { B } from '../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/actuate/a.ts', `export { b } from '../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/actuate/a.ts', `export * from '../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/actuate/a.ts', `const b = await import('../observe/b.ts');`, 'may not import src/observe/b.ts'],
    ['src/actuate/a.ts', `type B = import('../observe/b.ts').B;`, 'may not import src/observe/b.ts'],
    ['src/actuate/deep/a.ts', `import { b } from '../../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/observe/a.ts', `import { log } from '../daemon/log.ts';`, 'may not import src/daemon/log.ts'],
    ['src/reconcile/a.ts', `import { b } from '../observe/b.ts';`, 'may not import src/observe/b.ts'],
    ['src/daemon/a.ts', `import { b } from '../../test/b.ts';`, 'may not import test/b.ts'],
    ['src/daemon/a.ts', `import { b } from '../../../elsewhere/b.ts';`, 'may not import ../elsewhere/b.ts'],
    ['src/daemon/a.ts', `import fs from 'fs';`, 'imports fs without the node: prefix'],
    ['src/daemon/a.ts', `import x from 'left-pad';`, 'imports left-pad, which package.json does not grant it'],
    ['src/daemon/a.ts', `import x from 'vitest';`, 'imports vitest, which package.json does not grant it'],
    [
      'src/daemon/a.ts',
      `import x from '@aws-sdk/other/deep';`,
      'imports @aws-sdk/other, which package.json does not grant it',
    ],
    ['test/a.test.ts', `import x from 'left-pad';`, 'imports left-pad, which package.json does not grant it'],
    ['src/reconcile/a.ts', `import { readFile } from 'node:fs/promises';`, `${pureOnly} import node:fs/promises`],
    [
      'src/reconcile/loop.ts',
      `import * as clock from 'node:timers/promises';`,
      `${pureOnly} import node:timers/promises`,
    ],
    ['src/cli/a.ts', `import { live } from '../daemon/wiring.ts';`, 'may not import src/daemon/wiring.ts'],
    ['src/text/a.ts', `import { readFile } from 'node:fs';`, `${pureOnly} import node:fs`],
    ['src/store/keys.ts', `const now = Date.now();`, `${pureOnly} use Date.now`],
    ['src/reconcile/a.ts', `import { z } from 'zod';`, `${pureOnly} import zod`],
    ['src/reconcile/a.ts', `const now = Date.now();`, `${pureOnly} use Date.now`],
    ['src/reconcile/a.ts', `const now = Date['now']();`, `${pureOnly} use Date.now`],
    ['src/reconcile/a.ts', `const now = new Date();`, `${pureOnly} use new Date()`],
    ['src/reconcile/a.ts', `const now = performance.now();`, `${pureOnly} use performance`],
    ['src/reconcile/a.ts', `const luck = Math.random();`, `${pureOnly} use Math.random`],
    ['src/reconcile/a.ts', `import { randomUUID } from 'node:crypto'; randomUUID();`, `${pureOnly} use randomUUID`],
    ['src/reconcile/loop.ts', `setTimeout(() => pass(), 1000);`, `${pureOnly} use setTimeout`],
    ['src/reconcile/a.ts', `const home = process.env['HOME'];`, `${pureOnly} use process`],
    ['test/a.test.ts', `it.skip('holds', () => {});`, 'leaves tests out by it.skip'],
    ['test/a.test.ts', `describe.only('a', () => {});`, 'leaves tests out by describe.only'],
    ['test/a.test.ts', `it.concurrent.only('a', () => {});`, 'leaves tests out by it.concurrent.only'],
    ['test/a.test.ts', `it.for([1]).skip('a', () => {});`, 'leaves tests out by it.for.skip'],
    ['test/a.test.ts', `test.todo('a');`, 'leaves tests out by test.todo'],
    ['src/daemon/a.ts', `// ${'TO'}${'DO'}: later`, `says ${'TO'}${'DO'}`],
    ['src/daemon/a.ts', `/* ${'FIX'}${'ME'} */`, `says ${'FIX'}${'ME'}`],
  ])('refuses in %s: %s', (path, text, complaint) => {
    expect(findViolations({ path, text }, granted)).toEqual([`${path}: ${complaint}`]);
  });

  it('refuses what it cannot parse', () => {
    expect(findViolations({ path: 'src/a.ts', text: 'const = ;' }, granted)).toEqual([
      expect.stringContaining('src/a.ts: cannot be parsed'),
    ]);
  });

  it.each([
    ['src/observe/a.ts', `import { b } from '../reconcile/b.ts'; import { c } from './c.ts'; import { z } from 'zod';`],
    ['src/actuate/a.ts', `const { S3Client } = await import('@aws-sdk/client-s3'); setTimeout(stop, Date.now());`],
    ['src/reconcile/a.ts', `import { createHash } from 'node:crypto'; import type { B } from './deep/b.ts';`],
    ['src/reconcile/a.ts', `// Date.now() is asked by the caller\nconst text = 'Math.random() setTimeout';`],
    [
      'src/reconcile/a.ts',
      `const at = new Date(nowMs).toISOString(); const wait = ports.setTimeout; const p = { process: 1 };`,
    ],
    ['src/cli/a.ts', `import { b } from '../observe/b.ts'; import { c } from '../actuate/c.ts';`],
    ['src/cli/a.ts', `import manifest from '../../package.json' with { type: 'json' };`],
    [
      'test/a.test.ts',
      `import { it } from 'vitest'; import { b } from '../src/daemon/start.ts'; it('does not it.skip', () => list.skip(1));`,
    ],
  ])('accepts in %s: %s', (path, text) => {
    expect(findViolations({ path, text }, granted)).toEqual([]);
  });
});
