import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import manifest from '../../package.json' with { type: 'json' };
import { entryPath, streamctl } from './streamctl.ts';

describe('the command line', () => {
  it.each([
    [[], 'which command? streamctl --help lists them'],
    [['stauts'], 'unknown command "stauts"; did you mean status?'],
    [['frobnicate'], 'unknown command "frobnicate"; streamctl --help lists what there is'],
    [['media'], 'media what? accepted: media ls, media url, media inspect, media prepare'],
    [['media', 'lss'], 'unknown command "media lss"; did you mean media ls?'],
    [['media', 'url'], 'media url wants KEY; see streamctl media url --help'],
    [['validate', 'a', 'b'], 'validate takes one argument, FILE; found also "b"'],
    [['status', 'x'], 'status takes no arguments; found also "x"'],
    [['status', '--jsno'], 'unknown option "--jsno"; did you mean --json?'],
    [['validate', '--watch'], 'unknown option of validate "--watch"; streamctl --help lists what there is'],
    [['status', '-x'], 'unknown option "-x"; streamctl --help lists what there is'],
    [['status', '--json=no'], '--json takes no value; found "no"'],
    [['\u001b[2J'], 'unknown command "\\u001b[2J"; streamctl --help lists what there is'],
  ])('refuses %j in one line', (argv, message) => {
    expect(readCommandLine(argv)).toEqual({ kind: 'wrong', message });
  });

  it('takes options anywhere, and none after --', () => {
    expect(readCommandLine(['--json', 'media', 'ls', 'loops/'])).toMatchObject({
      args: ['loops/'],
      options: new Map([['json', '']]),
    });
    expect(readCommandLine(['media', 'url', '--', '--json'])).toMatchObject({ args: ['--json'], options: new Map() });
    expect(readCommandLine(['validate', '-'])).toMatchObject({ args: ['-'] });
  });

  it('lists the commands of a group', () => {
    const { text } = readCommandLine(['media', '--help']) as { text: string };
    expect(text).toContain('media ls');
    expect(text).toContain('media prepare');
    expect(text).not.toContain('snapshot');
  });

  it('has a help with an example for every command, and all in the overview', () => {
    const overview = readCommandLine(['--help']);
    for (const { name, summary } of COMMANDS) {
      const help = readCommandLine([...name.split(' '), '-h']);
      expect(help).toMatchObject({ kind: 'text', text: expect.stringContaining(`streamctl ${name}`) });
      expect(help).toMatchObject({ text: expect.stringMatching(/Examples?:\n/) });
      expect(overview).toMatchObject({ kind: 'text', text: expect.stringContaining(summary) });
    }
  });
});

describe('streamctl', () => {
  it('tells its version and its help on stdout, exit 0', async () => {
    expect(await streamctl(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    expect(await streamctl(['-h'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: streamctl'),
      stderr: '',
    });
  });

  it('answers wrong use on stderr alone, exit 2', async () => {
    expect(await streamctl(['stauts'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'streamctl: unknown command "stauts"; did you mean status?\n',
    });
  });

  it.each([
    ['info', /^streamctl: internal error: [^\n]+\n$/],
    ['debug', /^streamctl: internal error: [^\n]+\nError: [^\n]+\n +at /],
  ])(
    'tells a failure nobody foresaw in one line, with its stack only at LOG_LEVEL=debug (%s)',
    async (level, stderr) => {
      const folder = mkdtempSync(join(tmpdir(), 'stream-controller-test-'));
      const script = 'cd "$2" && rmdir "$2" && exec "$0" "$1" validate';
      const failure: unknown = await promisify(execFile)('sh', ['-c', script, process.execPath, entryPath, folder], {
        env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: level },
        timeout: 20_000,
      }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) });
    },
  );
});
