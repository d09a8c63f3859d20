import { z } from 'zod';

// ffprobe prints numbers as numbers or strings, and what it does not know as "N/A", "unknown", 0/0 or not at all.
/** A text; '' where it is left out. */
export const text = z.string().catch('');
/** A number; null where it is not known. */
export const numeric = z.coerce.number().finite().nullable().catch(null);

/** To three places, as ffprobe's own rounding makes more places meaningless. */
export const toThousandths = (value: number): number => Math.round(value * 1000) / 1000;
