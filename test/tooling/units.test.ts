import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { instanceName, instanceUnit, UNITS_WITH_INSTANCES } from '../../deploy/package/instance-unit.ts';
import { repositoryRoot } from './repository.ts';

const folder = path.join(repositoryRoot, 'deploy/systemd');

const textOf = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** What systemd reads of a unit: neither comments nor empty lines. */
const settingsOf = (name: string): string[] =>
  textOf(name)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('the unit of one of several channels', () => {
  it.each(UNITS_WITH_INSTANCES)('is made from that of the only one: %s', (name) => {
    expect(textOf(instanceName(name)), 'out of step; make it with: npm run units').toBe(
      instanceUnit(name, textOf(name)),
    );
  });

  it('names no place of the only one', () => {
    const lines = UNITS_WITH_INSTANCES.flatMap((name) => settingsOf(instanceName(name)));
    const places = lines.filter((line) =>
      /(etc|lib)\/stream-controller|\.service|^(StateDirectory|SyslogIdentifier)=/.test(line),
    );
    expect(places.length).toBeGreaterThan(10);
    for (const line of places) expect(line).toContain('%i');
  });
});

describe('every unit', () => {
  it.each(readdirSync(folder))('%s has only keys and sections, no stray text', (name) => {
    const joined = settingsOf(name)
      .join('\n')
      .replaceAll(/\\\n\s*/g, '');
    for (const line of joined.split('\n')) expect(line).toMatch(/^(\[\w+\]|[A-Z]\w+=.*)$/);
  });
});
