import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FlowTracker, parseProcessIo, readProcessIo } from '../../../src/observe/processes/io.ts';
import { eventually } from '../../fixtures/eventually.ts';

const SAMPLE = `rchar: 323934931
wchar: 323929600
syscr: 632687
syscw: 632675
read_bytes: 0
write_bytes: 323932160
cancelled_write_bytes: 0
`;

describe('what a process has moved', () => {
  it('is what it passed to read and write, not what reached a disk', () => {
    expect(parseProcessIo(SAMPLE)).toEqual({ readBytes: 323_934_931, writtenBytes: 323_929_600 });
  });

  it.each(['', 'rchar: 5\n', 'wchar: 5\n', 'xrchar: 1\nxwchar: 2\n', 'rchar: -1\nwchar: 2\n', 'rchar: \nwchar: \n'])(
    'is not to be seen in %j',
    (text) => {
      expect(parseProcessIo(text)).toBeNull();
    },
  );

  it('is told of any text without a throw', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('rchar: 12', 'wchar: 99', 'rchar: x', 'wchar:'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const io = parseProcessIo(lines.join('\n'));
        return io === null || (io.readBytes >= 0 && io.writtenBytes >= 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('grows with each byte of a real one', async () => {
    const child = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      const { pid = 0 } = child;
      const before = await eventually(() => {
        const io = readProcessIo(pid);
        if (io === null) throw new Error('not to be seen');
        return io;
      });
      child.stdin.write(Buffer.alloc(200_000));
      await eventually(() => {
        const io = readProcessIo(pid);
        expect((io?.readBytes ?? 0) - before.readBytes).toBeGreaterThanOrEqual(200_000);
        expect((io?.writtenBytes ?? 0) - before.writtenBytes).toBeGreaterThanOrEqual(200_000);
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  });

  it('is not to be seen of a process that is not there', () => {
    expect(readProcessIo(2 ** 22 + 1)).toBeNull();
  });
});

describe('the flow', () => {
  /** What the tracker says after each of these looks: bytes so far, at this time. */
  const follow = (...looks: readonly (readonly [bytes: number, atMs: number])[]) => {
    const tracker = new FlowTracker();
    return looks.map(([bytes, atMs]) => tracker.update(bytes, atMs));
  };

  it('has never moved before the first bytes', () => {
    expect(follow([0, 1_000], [0, 2_000]).at(-1)).toBeNull();
  });

  it('of a run that is seen for the first time late has moved', () => {
    expect(follow([5_000_000, 1_000])).toEqual([{ firstAtMs: 1_000, sinceMs: 1_000, lastAtMs: 1_000 }]);
  });

  it('moves on with the bytes and keeps when it began', () => {
    expect(follow([20_000, 1_000], [40_000, 2_000], [60_000, 3_000]).at(-1)).toEqual({
      firstAtMs: 1_000,
      sinceMs: 1_000,
      lastAtMs: 3_000,
    });
  });

  it('moves anew where bytes stood still for 3 s', () => {
    const before = [
      [20_000, 1_000],
      [40_000, 3_900],
    ] as const;
    const anew = [60_000, 6_900] as const;
    expect(follow(...before, anew).map((movement) => movement?.sinceMs)).toEqual([1_000, 1_000, 6_900]);
    expect(follow(...before, anew, [80_000, 7_900]).at(-1)).toEqual({
      firstAtMs: 1_000,
      sinceMs: 6_900,
      lastAtMs: 7_900,
    });
  });

  it('stands still where there is nothing but progress lines', () => {
    const lines = Array.from({ length: 20 }, (_, second) => [20_000 + second * 400, second * 1_000] as const);
    expect(follow(...lines).at(-1)).toEqual({ firstAtMs: 0, sinceMs: 0, lastAtMs: 0 });
  });

  it('moves also where bytes come in small pieces', () => {
    const pieces = Array.from({ length: 100 }, (_, n) => [n * 1_000, n * 100] as const);
    expect(follow(...pieces).at(-1)?.lastAtMs).toBeGreaterThan(99 * 100 - 1_700);
  });

  it('never moves backwards, whatever the bytes do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000)), (bytes) => {
        const times = follow(...bytes.map((each, n) => [each, n] as const)).map((movement) => movement?.lastAtMs ?? -1);
        return times.every((time, n) => n === 0 || time >= (times[n - 1] ?? -1));
      }),
    );
  });
});
