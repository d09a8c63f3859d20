import { test } from 'vitest';
import type { Known } from '../fixtures/found-out.ts';
import { openStage, type Stage } from './stage.ts';

/** A test with a stage of its own, so that several can run at a time; nothing is left of it afterwards. */
export const onStage = withStage('found-out');

/** As `onStage`, with media that no daemon has seen before. */
export const onStageWithNewMedia = withStage('nothing');

function withStage(known: Known) {
  return test.extend<{ stage: Stage }>({
    // The fixture's dependencies are read off this pattern: it has none.
    // oxlint-disable-next-line no-empty-pattern
    stage: async ({}, use) => {
      const stage = await openStage({ known });
      try {
        await use(stage);
      } finally {
        await stage.close();
      }
    },
  });
}
