import type { PlanRow } from './plan-row.ts';
import { MEDIA_ROWS } from './plan-rows-media.ts';
import { UPLINK_ROWS } from './plan-rows-uplink.ts';
import { WISH_ROWS } from './plan-rows-wish.ts';

export const PLAN_ROWS: readonly PlanRow[] = [...UPLINK_ROWS, ...MEDIA_ROWS, ...WISH_ROWS];
