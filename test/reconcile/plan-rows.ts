import type { PlanRow } from './plan-row.ts';
import { MEDIA_ROWS } from './plan-rows-media.ts';
import { RESERVOIR_ROWS } from './plan-rows-reservoir.ts';
import { UPLINK_ROWS } from './plan-rows-uplink.ts';
import { DESIRED_ROWS } from './plan-rows-desired.ts';

export const PLAN_ROWS: readonly PlanRow[] = [...UPLINK_ROWS, ...MEDIA_ROWS, ...RESERVOIR_ROWS, ...DESIRED_ROWS];
