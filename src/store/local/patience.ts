import { localFailed } from './failure.ts';
import type { MediaResult } from '../port.ts';
import { inTime } from '../../system/in-time.ts';

/**
 * Answers in time even where the media directory is a network mount that hangs, and every call on it with it. Node has
 * four threads for such calls, so while one hangs no other is made.
 */
export class Patience {
  #hanging = 0;

  /** The result of `work`, or after `withinMs` the failure that the directory does not answer. `key`: the object it is about. */
  async of<T>(withinMs: number, key: string, work: () => Promise<MediaResult<T>>): Promise<MediaResult<T>> {
    const failed = localFailed({ kind: 'hangs' }, key);
    if (this.#hanging > 0) return failed;
    const result = work();
    return inTime<MediaResult<T>>(withinMs, result, () => {
      this.#hanging += 1;
      void result.finally(() => (this.#hanging -= 1));
      return failed;
    });
  }
}
