import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';
import { PLAIN_NAMES, SECRET_NAMES } from '../src/observe/environment-names.ts';

const ROOT = join(import.meta.dirname, '..');
const README = ['README.md', 'docs/operate.md'].map((name) => readFileSync(join(ROOT, name), 'utf8')).join('\n');

/** Reasons of conditions, which /health shows one by one and whose own messages explain them. */
const OF_CONDITIONS = new Set([
  'Accepted',
  'Acknowledged',
  'BroadcastYoung',
  'KeyInPreset',
  'NoUplink',
  'RecycleScheduled',
  'SceneryKept',
]);

describe('README.md and docs/operate.md', () => {
  it('explains every reason /health can give', () => {
    const missing = reasonsInSource().filter((reason) => !README.includes(`\`${reason}\``));
    expect(missing).toEqual([]);
  });

  it('names every variable of the environment, every key of desired.yaml and every command', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'desired.schema.json'), 'utf8')) as { properties: object };
    const names = [...PLAIN_NAMES, ...SECRET_NAMES, ...Object.keys(schema.properties)];
    const missing = names.filter((name) => !README.includes(`\`${name}\``));
    expect(missing).toEqual([]);
    expect(COMMANDS.map(({ name }) => name).filter((name) => !README.includes(`\`${name}`))).toEqual([]);
  });
});

/** Words written after `reason`, and those of the union types that feed it. */
function reasonsInSource(): string[] {
  const dir = join(ROOT, 'src/reconcile');
  const files = readdirSync(dir, { encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const found = files.flatMap((name) => {
    const text = readFileSync(join(dir, name), 'utf8').replaceAll(/startsWith\('\w+'\)/g, '');
    const written = [...text.matchAll(/\breason\b[^;\n]*/g)].map(([line]) => line);
    const union = /type MediaFailureReason =([^;]*);/.exec(text)?.[1] ?? '';
    return [...written, union].flatMap((line) =>
      [...line.matchAll(/'([A-Z][A-Za-z]+)'/g)].map(([, word = '']) => word),
    );
  });
  return [...new Set(found)].filter((word) => !OF_CONDITIONS.has(word)).sort();
}
