import { SAMPLES } from '../../fixtures/media-samples.ts';
import { judgeOneRound } from './format-round.ts';

/** One of each kind: fitting and unfitting picture, sound alone, odd times. The others are other containers and codecs. */
judgeOneRound(SAMPLES.slice(0, 8), false);
