import { describe, expect, it } from 'vitest';
import { Patience } from '../../../src/store/local/patience.ts';
import type { MediaResult } from '../../../src/store/port.ts';

const ok = (value: string): MediaResult<string> => ({ kind: 'ok', value });

describe('a media directory on a mount that hangs', () => {
  it('is said to be so in time, and is not asked again before it has answered', async () => {
    const patience = new Patience();
    let answer: (result: MediaResult<string>) => void = () => undefined;
    const hanging = new Promise<MediaResult<string>>((resolve) => (answer = resolve));
    const failure = { kind: 'failed', failure: { reason: 'StorageUnreachable' } };
    expect(await patience.of(20, () => hanging)).toMatchObject(failure);
    let asked = 0;
    const ask = () => patience.of(20, async () => ok(`asked ${++asked}`));
    expect(await ask()).toMatchObject(failure);
    expect(asked).toBe(0);
    answer(ok('late'));
    await expect.poll(ask).toEqual(ok('asked 1'));
  });

  it('answers as ever where it answers', async () => {
    expect(await new Patience().of(5_000, async () => ok('here'))).toEqual(ok('here'));
  });
});
