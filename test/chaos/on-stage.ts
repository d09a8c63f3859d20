import { test } from 'vitest';
import { ownScene } from '../fixtures/own-scene.ts';
import { openStage, type Stage } from './stage.ts';

/** A test with a stage of its own; nothing is left of it afterwards. */
export const onStage = test.extend<{ stage: Stage }>({ stage: ownScene(openStage) });

/** As `onStage`, with media that no daemon has seen before. */
export const onStageWithNewMedia = test.extend<{ stage: Stage }>({
  stage: ownScene(() => openStage({ known: 'ffmpeg' })),
});
