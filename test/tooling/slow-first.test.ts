import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './repository.ts';
import { SLOW } from './slow-first.ts';

it.each(SLOW)('the slow %s is there to be begun first', (file) => {
  expect(existsSync(join(repositoryRoot, file))).toBe(true);
});
