import { test } from 'vitest';
import { openStudio, type Studio } from './studio.ts';

/** A test with a studio of its own, so that several can run at a time; nothing is left of it afterwards. */
export const inStudio = test.extend<{ studio: Studio }>({
  // The fixture's dependencies are read off this pattern: it has none.
  // oxlint-disable-next-line no-empty-pattern
  studio: async ({}, use) => {
    const studio = await openStudio();
    try {
      await use(studio);
    } finally {
      await studio.close();
    }
  },
});
