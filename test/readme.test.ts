import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';
import { PLAIN_NAMES, SECRET_NAMES } from '../src/environment/names.ts';
import { REASONS } from '../src/reconcile/model/reasons.ts';

const ROOT = join(import.meta.dirname, '..');
const textOf = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const README = ['README.md', 'docs/operate.md'].map(textOf).join('\n');
const RUNBOOK = textOf('docs/operate.md');

describe('README.md and docs/operate.md', () => {
  it('name every variable of the environment, every key of desired.yaml and every command', () => {
    const schema = JSON.parse(textOf('desired.schema.json')) as { properties: object };
    const names = [...PLAIN_NAMES, ...SECRET_NAMES, ...Object.keys(schema.properties)];
    const missing = names.filter((name) => !README.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    expect(COMMANDS.map(({ name }) => name).filter((name) => !README.includes(`\`${name}`))).toEqual([]);
  });
});

describe('the table of faults in README.md', () => {
  it('has the rows of docs/faults.md', () => {
    const short = [...textOf('README.md').matchAll(/^\| ([a-z]) +\|/gm)].map(([, letter]) => letter);
    const long = [...textOf('docs/faults.md').matchAll(/^## ([a-z])\. /gm)].map(([, letter]) => letter);
    expect(short).toEqual(long);
    expect(short).toHaveLength(20);
  });
});

describe('the runbook', () => {
  it('explains every reason that /health can give, and none that it cannot', () => {
    expect(unexplained(RUNBOOK)).toEqual([]);
    const known = new Set<string>(REASONS);
    expect(headed(RUNBOOK).flatMap(({ words }) => words.filter((word) => !known.has(word)))).toEqual([]);
  });

  it.each(REASONS)('would be found wanting without %s', (reason) => {
    const without = RUNBOOK.replaceAll(`\`${reason}\``, '`Something`');
    expect(unexplained(without)).toEqual([reason]);
  });

  it('would be found wanting with a heading and nothing under it', () => {
    const emptied = RUNBOOK.replace(/(### `FfmpegMissing`.*\n)[^#]*/, '$1\n');
    expect(unexplained(emptied)).toEqual(['FfmpegMissing', 'FfmpegUnusable']);
  });
});

/** Sections of reasons: the words of their heading, and what stands under it. */
function headed(text: string): readonly { readonly words: readonly string[]; readonly body: string }[] {
  return [...text.matchAll(/^### (`.*)\n([^#]*)/gm)].map(([, heading = '', body = '']) => ({
    words: [...heading.matchAll(/`(\w+)`/g)].map(([, word = '']) => word),
    body: body.trim(),
  }));
}

/** Reasons with neither a section of their own nor a place in the table of conditions. */
function unexplained(text: string): readonly string[] {
  const conditions = /^## Conditions\n([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  const told = headed(text).flatMap(({ words, body }) => (body === '' ? [] : words));
  return REASONS.filter((reason) => !told.includes(reason) && !conditions.includes(`\`${reason}\``));
}
