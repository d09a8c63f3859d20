import type { Part } from './part.ts';
import { costs } from './parts/costs.ts';
import { health } from './parts/health.ts';
import { passes } from './parts/passes.ts';
import { rivals } from './parts/rivals.ts';
import { times } from './parts/times.ts';

/** All that can be named on the command line, in the order of the page. */
export const PARTS: Readonly<Record<string, Part>> = { times, costs, rivals, passes, health };
