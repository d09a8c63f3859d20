import { test } from 'vitest';
import { openStage, type Stage } from './stage.ts';

/** A test with a stage of its own, so that several can run at a time; nothing is left of it afterwards. */
export const onStage = test.extend<{ stage: Stage }>({
  // The fixture's dependencies are read off this pattern: it has none.
  // oxlint-disable-next-line no-empty-pattern
  stage: async ({}, use) => {
    const stage = await openStage();
    try {
      await use(stage);
    } finally {
      await stage.close();
    }
  },
});
