import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { called, entryPath, streamctl } from '../streamctl.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const GOOD = 'running: true\nmedia: loops/rain.mp4\nbitrate: 3000k\n';
const BAD = 'running: true\nmedia: loops/rain.mp4\nbitrat: 3000k\n';

let workspace: Workspace;
const write = (text: string): void => writeFileSync(join(workspace.dir, 'desired.yaml'), text);
const here = (): { cwd: string } => ({ cwd: workspace.dir });

beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => workspace.cleanup());

describe('streamctl validate', () => {
  it('accepts a good file and tells its hash', async () => {
    write(GOOD);
    const { code, stdout, stderr } = await streamctl(['validate'], here());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^desired\.yaml is valid \([0-9a-f]{12}\)\n$/);
  });

  it('names every problem by its place on stderr, exit 2', async () => {
    write(BAD);
    const { code, stdout, stderr } = await streamctl(['validate'], here());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^desired\.yaml:3:1: unknown key "bitrat"; did you mean bitrate\?/m);
  });

  it('reads stdin for -, as a pre-commit hook pipes what is staged', async () => {
    expect(await streamctl(['validate', '-'], { stdin: GOOD })).toMatchObject({ code: 0 });
    const { code, stderr } = await streamctl(['validate', '-'], { stdin: BAD });
    expect({ code, first: stderr.split(':', 3) }).toMatchObject({ code: 2, first: ['stdin', '1', '1'] });
  });

  it('reads a pipe given as a file', async () => {
    const script = '"$0" "$1" validate <(printf "$2")';
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, process.execPath, entryPath, GOOD], {
      timeout: 20_000,
    });
    expect(stdout).toContain('is valid');
  });

  it.each([
    ['nope.yaml', 'streamctl: nope.yaml does not exist\n'],
    ['folder', 'streamctl: folder is a directory, not a file\n'],
  ])('says why %s cannot be read, exit 2', async (name, complaint) => {
    mkdirSync(join(workspace.dir, 'folder'));
    expect(await streamctl(['validate', name], here())).toEqual({ code: 2, stdout: '', stderr: complaint });
  });

  it('answers programs in JSON, with the same exit codes', async () => {
    write(BAD);
    const bad = await called(['validate', '--json'], here());
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      file: 'desired.yaml',
      valid: false,
      problems: expect.arrayContaining([expect.objectContaining({ line: 3, column: 1 })]),
    });
    const good = await streamctl(['validate', '--json', '-'], { stdin: GOOD });
    expect(JSON.parse(good.stdout)).toMatchObject({ valid: true, problems: [] });
  });

  it('refuses a file that holds the stream key of .env, even with an environment that is otherwise wrong, and never shows it', async () => {
    writeFileSync(join(workspace.dir, '.env'), 'YOUTUBE_STREAM_KEY=abcd-secret-efgh\n', { mode: 0o600 });
    write(GOOD.replace('rain', 'abcd-secret-efgh'));
    const { code, stderr } = await called(['validate'], { ...here(), env: { LOG_LEVEL: 'bogus' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^desired\.yaml:2:14: /);
    expect(stderr).not.toContain('secret-efgh');
  });
});
