import { urlToHttpOptions } from 'node:url';

/**
 * Where a signed address leads, for `http.request`, its path as it was signed: `new URL` takes `/./` and `/../` out of
 * it, which keys of an object store may hold, and what is then asked for is another object with a signature that does not fit.
 */
export function rawTarget(url: string): ReturnType<typeof urlToHttpOptions> {
  const begin = url.indexOf('/', url.indexOf('://') + '://'.length);
  return { ...urlToHttpOptions(new URL(url)), path: begin < 0 ? '/' : url.slice(begin) };
}
