import { urlToHttpOptions } from 'node:url';

/**
 * A signed address for `http.request`, its path as it was signed. Keys may hold `/./` and `/../`, which `new URL` takes out
 * of the path: another object would then be asked for, with a signature that does not fit.
 */
export function rawTarget(url: string): ReturnType<typeof urlToHttpOptions> {
  const begin = url.indexOf('/', url.indexOf('://') + '://'.length);
  return { ...urlToHttpOptions(new URL(url)), path: begin < 0 ? '/' : url.slice(begin) };
}
