/** One observed fact. `absent`: it is known not to exist. `unknown`: it could not be read, which is never a reason to act. */
export type Observed<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

export const known = <T>(value: T): Observed<T> => ({ kind: 'known', value });
export const absent: Observed<never> = { kind: 'absent' };
export const unknown = (why: string): Observed<never> => ({ kind: 'unknown', why });
