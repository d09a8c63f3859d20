import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../deploy/package/build.ts';

describe('the build', () => {
  let folder = '';
  const dist = () => path.join(folder, 'dist');
  const chunks = () => readdirSync(dist()).filter((name) => name.startsWith('lazy-'));

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'build-'));
    mkdirSync(path.join(folder, 'bin'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function buildWith(word: string): Promise<readonly string[]> {
    writeFileSync(path.join(folder, 'lazy.ts'), `export const word: string = '${word}';\n`);
    const entry = path.join(folder, 'entry.ts');
    writeFileSync(entry, `const { word } = await import('./lazy.ts');\nprocess.stdout.write(word);\n`);
    const { current } = await build({ entry, dist: dist(), binDir: path.join(folder, 'bin') });
    return current;
  }

  it('makes an executable program that loads its chunk when asked', async () => {
    await buildWith('first');
    expect(statSync(path.join(dist(), 'streamctl.js')).mode & 0o777).toBe(0o755);
    const bin = path.join(folder, 'bin/streamctl');
    expect(readlinkSync(bin)).toBe('../dist/streamctl.js');
    expect(spawnSync(bin, { encoding: 'utf8', timeout: 10_000 })).toMatchObject({ status: 0, stdout: 'first' });
  });

  it('keeps the chunks of the build before, for a daemon that runs from it, and no older ones', async () => {
    const first = await buildWith('first');
    const second = await buildWith('second');
    expect(chunks().sort()).toEqual([...first, ...second].sort());
    const third = await buildWith('third');
    expect(chunks().sort()).toEqual([...second, ...third].sort());
  });

  it('does not age the chunks of the build before when nothing changed', async () => {
    const first = await buildWith('first');
    const second = await buildWith('second');
    await buildWith('second');
    expect(chunks().sort()).toEqual([...first, ...second].sort());
  });

  it('takes a damaged list of chunks for none', async () => {
    await buildWith('first');
    writeFileSync(path.join(dist(), 'generations.json'), '{"current": [');
    expect(chunks()).toHaveLength(1);
    expect(await buildWith('second')).toEqual(chunks());
  });

  it('brings in of http what is used alone, as undici takes a fifth of a start', async () => {
    const entry = path.join(folder, 'asks.ts');
    const loaded = `process.moduleLoadList.filter((name) => name.includes('undici'))`;
    writeFileSync(
      entry,
      `import { createServer } from 'node:http';\nconst { request } = await import('http');\n` +
        `console.log(typeof createServer, typeof request, ${loaded}.length);\n`,
    );
    const run = (program: string) => spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 10_000 });
    expect(run(entry).stdout).toMatch(/^function function [1-9]/);
    await build({ entry, dist: dist(), binDir: null });
    expect(run(path.join(dist(), 'streamctl.js')).stdout).toBe('function function 0\n');
  });

  it('leaves the old program in place when the new one cannot be built', async () => {
    await buildWith('first');
    const entry = path.join(folder, 'broken.ts');
    writeFileSync(entry, `import x from 'no-such-package';\nprocess.stdout.write(x);\n`);
    await expect(build({ entry, dist: dist(), binDir: null })).rejects.toThrow('no-such-package');
    const program = path.join(dist(), 'streamctl.js');
    expect(spawnSync(program, { encoding: 'utf8', timeout: 10_000 }).stdout).toBe('first');
    expect(readdirSync(dist()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
