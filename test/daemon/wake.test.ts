import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Wake } from '../../src/daemon/wake.ts';

describe('a sleep that can be cut short', () => {
  let ended: string[];
  let wake: Wake;

  beforeEach(() => {
    vi.useFakeTimers();
    ended = [];
    wake = new Wake();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const sleep = (name: string, ms: number): Promise<void> => wake.sleep(ms).then(() => void ended.push(name));

  it('lasts as long as was asked for', async () => {
    void sleep('first', 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['first']);
  });

  it('ends at once when something happens', async () => {
    void sleep('first', 1000);
    await vi.advanceTimersByTimeAsync(20);
    wake.now();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toEqual(['first']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes all that happens within 20 ms of its beginning as one', async () => {
    let isOver = false;
    const slept = (async () => {
      while (!isOver) await sleep('burst', 1000);
    })();
    for (let at = 0; at < 99; at++) {
      wake.now();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(ended).toHaveLength(4);
    isOver = true;
    await vi.advanceTimersByTimeAsync(1);
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is never longer for it than was asked for', async () => {
    wake.now();
    void sleep('first', 5);
    await vi.advanceTimersByTimeAsync(5);
    expect(ended).toEqual(['first']);
  });

  it('does not lose what happened while nobody slept, and tells it once', async () => {
    wake.now();
    wake.now();
    void sleep('first', 1000);
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toEqual(['first']);
    void sleep('second', 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toEqual(['first']);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toEqual(['first', 'second']);
  });

  it('does not lose what happens between the end of a sleep and whoever slept going on', async () => {
    void sleep('first', 1000);
    await vi.advanceTimersByTimeAsync(20);
    wake.now();
    wake.now();
    await vi.advanceTimersByTimeAsync(0);
    void sleep('second', 1000);
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toEqual(['first', 'second']);
  });

  it('takes a wake that ended a sleep as answered', async () => {
    void sleep('first', 1000);
    wake.now();
    await vi.advanceTimersByTimeAsync(20);
    void sleep('second', 1000);
    await vi.advanceTimersByTimeAsync(500);
    expect(ended).toEqual(['first']);
  });

  it('may be woken after it ended by itself', async () => {
    void sleep('first', 10);
    await vi.advanceTimersByTimeAsync(10);
    wake.now();
    void sleep('second', 1000);
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toEqual(['first', 'second']);
  });
});
