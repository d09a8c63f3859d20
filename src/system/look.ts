import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './errors.ts';

/** What a look at a file came to. `unknown`: the look failed, which tells nothing of the file. */
export type Look<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly code: string };

/** The look that failed with this error. `gone`: the codes by which a file is known not to be there. */
export function failedLook(error: unknown, gone: readonly string[] = ['ENOENT', 'ENOTDIR']): Look<never> {
  const code = errorCode(error);
  return gone.includes(code) ? { kind: 'absent' } : { kind: 'unknown', code };
}

/** Milliseconds between two looks, a second in all: most of what fails for a moment, as for want of descriptors, works again by then. */
const WAITS_MS = [50, 150, 300, 500];

/** Looks, and again while the look fails, for a second at most. Never rejects. */
export async function lookPatiently<T>(
  look: () => Promise<T>,
  wait: (ms: number) => Promise<unknown> = sleep,
): Promise<Look<T>> {
  let found = await lookOnce(look);
  for (const ms of WAITS_MS) {
    if (found.kind !== 'unknown') break;
    await wait(ms);
    found = await lookOnce(look);
  }
  return found;
}

async function lookOnce<T>(look: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: 'known', value: await look() };
  } catch (error) {
    return failedLook(error);
  }
}
