import { z } from 'zod';
import { complaint } from '../../../text/complaint.ts';
import { nearestName } from '../../../text/nearest-name.ts';

/** An error function for zod: its message says what was found and what is accepted. */
export const accepting =
  (accepted: string, hintFor: (found: unknown) => string | undefined = () => undefined) =>
  ({ input }: { readonly input: unknown }): string =>
    complaint(input, accepted, hintFor(input));

/** The hint for a word that is nearly one of these names; undefined where it is like none. */
export function nearHint(found: unknown, names: readonly string[]): string | undefined {
  const nearest = typeof found === 'string' ? nearestName(found, names) : null;
  return nearest === null ? undefined : `did you mean ${nearest}?`;
}

/** One of these words. */
export function choice<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, { error: accepting(names.join(', '), (found) => nearHint(found, names)) });
}
