import { describe, expect, it } from 'vitest';
import { flowOfBytes, flowOfWchan, parseProcLocks } from '../../../src/observe/processes/gate.ts';

const ours = new Set([201, 202, 203]);

describe('/proc/locks', () => {
  it('tells the holder and the waiter as Linux 5.10 writes them', () => {
    const text = [
      '1: FLOCK  ADVISORY  WRITE 201 08:01:131090 0 EOF',
      '1: -> FLOCK  ADVISORY  WRITE 202 08:01:131090 0 EOF',
      '2: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF',
    ].join('\n');
    expect(parseProcLocks(text, ours)).toEqual({ holders: [201], waiters: [202] });
  });

  it('tells a waiter behind a waiter, which Linux 5.12 and later indent by one more', () => {
    const text = [
      '1: FLOCK  ADVISORY  WRITE 201 fe:00:2146382 0 EOF',
      '1: -> FLOCK  ADVISORY  WRITE 202 fe:00:2146382 0 EOF',
      '1:  -> FLOCK  ADVISORY  WRITE 203 fe:00:2146382 0 EOF',
      '',
    ].join('\n');
    expect(parseProcLocks(text, ours)).toEqual({ holders: [201], waiters: [202, 203] });
  });

  it('needs neither the device nor the inode, which differ from stat on overlayfs and for deleted files', () => {
    const text =
      '7: FLOCK  ADVISORY  WRITE 201 00:2d:9007199254740993 0 EOF\n9: FLOCK  ADVISORY  WRITE 202 00:31:9 0 EOF\n';
    expect(parseProcLocks(text, ours)).toEqual({ holders: [201, 202], waiters: [] });
  });

  it.each([
    ['another process', '1: FLOCK  ADVISORY  WRITE 999 fe:00:1 0 EOF'],
    ['a process whose number begins like ours', '1: FLOCK  ADVISORY  WRITE 2010 fe:00:1 0 EOF'],
    ['a shared lock', '1: FLOCK  ADVISORY  READ  201 fe:00:1 0 EOF'],
    ['a POSIX lock', '1: POSIX  ADVISORY  WRITE 201 fe:00:1 0 EOF'],
    ['a lock of an open file description', '1: OFDLCK ADVISORY  WRITE 201 fe:00:1 0 EOF'],
    ['a lease', '1: LEASE  ACTIVE    WRITE 201 fe:00:1 0 EOF'],
    ['a delegation', '1: DELEG  ACTIVE    WRITE 201 fe:00:1 0 EOF'],
    ['a line cut off', '1: FLOCK  ADVISORY  WRITE 201'],
    ['text that is no lock', '201 FLOCK WRITE 201 '],
  ])('does not take %s for a place in the queue', (_, text) => {
    expect(parseProcLocks(text, ours)).toEqual({ holders: [], waiters: [] });
  });

  it('is empty when nobody holds a lock', () => {
    expect(parseProcLocks('', ours)).toEqual({ holders: [], waiters: [] });
  });
});

describe('where the kernel has the gate wait', () => {
  it.each([
    ['pipe_read', 'starved'],
    ['anon_pipe_read', 'starved'],
    ['pipe_wait_readable', 'starved'],
    ['pipe_write', 'held'],
    ['anon_pipe_write', 'held'],
    ['pipe_wait_writable', 'held'],
    ['locks_lock_inode_wait', 'held'],
    ['0', 'moving'],
    ['', 'moving'],
    ['do_nanosleep', 'moving'],
  ])('in %s it is %s', (wchan, flow) => {
    expect(flowOfWchan(wchan)).toBe(flow);
  });
});

/** Measured with the cat of GNU 9.1 and of uutils 0.0.17. */
describe('what a gate has in hand, where nothing tells where it waits', () => {
  it.each([
    ['a block that it cannot write', { readBytes: 138_048, writtenBytes: 65_536 }, 'held'],
    ['nothing', { readBytes: 9_976, writtenBytes: 3_000 }, 'starved'],
    ['what splice does not count', { readBytes: 12_453, writtenBytes: 0 }, 'moving'],
    ['what cannot be seen', null, 'moving'],
  ])('%s', (_, io, flow) => {
    expect(flowOfBytes(io)).toBe(flow);
  });
});
