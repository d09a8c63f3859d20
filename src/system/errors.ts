/** The code of a Node error, such as `ENOENT`; `orElse`: what stands in where it has none. */
export const errorCode = (error: unknown, orElse = String(error)): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : orElse;

/** A field of what somebody else made; undefined where it has none. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** What was thrown, in its own words. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
