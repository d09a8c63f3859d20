import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './repository.ts';

const folder = path.join(repositoryRoot, 'deploy/systemd');

/** What systemd reads of a unit: neither comments nor empty lines. */
const settingsOf = (name: string): string[] =>
  readFileSync(path.join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** The unit of one of several channels, made from the unit of the only one. */
const forInstance = (line: string): string =>
  line
    .replaceAll('/etc/stream-controller', '/etc/stream-controller/%i')
    .replaceAll(/(\/var\/lib\/stream-controller|StateDirectory=stream-controller)/g, '$1-%i')
    .replaceAll(/(stream-controller(?:-off-air)?)\.service/g, '$1@%i.service')
    .replace(/^(SyslogIdentifier=.*)$/, '$1-%i');

const withoutDescription = (lines: readonly string[]): string[] =>
  lines.filter((line) => !line.startsWith('Description='));

describe('the units of one of several channels', () => {
  it.each(['stream-controller', 'stream-controller-off-air'])('%s@ is that of the only one, by its name', (name) => {
    const expected = settingsOf(`${name}.service`).map(forInstance);
    expect(withoutDescription(settingsOf(`${name}@.service`))).toEqual(withoutDescription(expected));
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
