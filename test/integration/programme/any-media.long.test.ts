import { SAMPLES } from '../../fixtures/media-samples.ts';
import { judgeOneRound } from './format-round.ts';

judgeOneRound(SAMPLES, true);
