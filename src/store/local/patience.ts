import { HANGS } from './failure.ts';
import { failed, type MediaResult } from '../port.ts';
import { inTime } from '../../system/in-time.ts';

/**
 * Answers in time even where the media directory is a network mount that hangs, and every call on it with it. Node has
 * four threads for such calls, so while one hangs no other is made.
 */
export class Patience {
  #hanging = 0;

  /** The result of `work`, or after `withinMs` the failure that the directory does not answer. */
  async of<T>(withinMs: number, work: () => Promise<MediaResult<T>>): Promise<MediaResult<T>> {
    if (this.#hanging > 0) return failed(HANGS);
    const result = work();
    return inTime<MediaResult<T>>(withinMs, result, () => {
      this.#hanging += 1;
      void result.finally(() => (this.#hanging -= 1));
      return failed(HANGS);
    });
  }
}
