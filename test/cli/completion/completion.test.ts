import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bashScript, fishScript, zshScript } from '../../../src/cli/completion/scripts.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { OPTIONS } from '../../../src/cli/options.ts';

const run = promisify(execFile);

/** What a real bash proposes for the last of these words. */
async function proposed(...words: string[]): Promise<string[]> {
  const line = `COMP_WORDS=(streamctl "$@"); COMP_CWORD=$#; _streamctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${bashScript(COMMANDS, OPTIONS)}\n${line}`;
  const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', ...words], { timeout: 30_000 });
  return stdout.trim().split('\n');
}

describe('the completion of bash', () => {
  it('proposes commands, those of a group, and the options of the command that was typed', async () => {
    expect(await proposed('st')).toEqual(['status']);
    expect(await proposed('')).toEqual(expect.arrayContaining(['run', 'media', 'played', 'notify', '--version']));
    expect(await proposed('media', '')).toEqual(expect.arrayContaining(['ls', 'url', 'inspect', 'prepare']));
    expect(await proposed('media', 'ls', '--')).toEqual(['--json', '--help']);
    expect(await proposed('media', 'ls', 'loops/', '--j')).toEqual(['--json']);
    expect(await proposed('status', '--json', '--w')).toEqual(['--watch']);
  });

  it('leaves the value of an option, and what it does not know, alone', async () => {
    expect(await proposed('report', '--since', '')).toEqual(['']);
    expect(await proposed('frobnicate', 'x')).toEqual(['']);
  });
});

describe('the completions', () => {
  it.each([
    ['bash', bashScript],
    ['zsh', zshScript],
    ['fish', fishScript],
  ])('of %s name every command and every option', (_shell, script) => {
    const text = script(COMMANDS, OPTIONS);
    for (const { name, options } of COMMANDS) {
      for (const word of name.split(' ')) expect(text).toContain(word);
      for (const option of options) expect(text).toMatch(new RegExp(`(?:--|-l )${option}\\b`));
    }
  });
});
