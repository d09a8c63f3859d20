import type { PlanRow } from './plan-row.ts';
import { MEDIA_ROWS } from './plan-rows-media.ts';
import { RESERVOIR_ROWS } from './plan-rows-reservoir.ts';
import { UPLINK_ROWS } from './plan-rows-uplink.ts';
import { WISH_ROWS } from './plan-rows-wish.ts';

export const PLAN_ROWS: readonly PlanRow[] = [...UPLINK_ROWS, ...MEDIA_ROWS, ...RESERVOIR_ROWS, ...WISH_ROWS];
