import { test } from 'vitest';
import { ownScene } from '../fixtures/own-scene.ts';
import { openStudio, type Studio } from './studio.ts';

/** A test with a studio of its own; nothing is left of it afterwards. */
export const inStudio = test.extend<{ studio: Studio }>({ studio: ownScene(openStudio) });
