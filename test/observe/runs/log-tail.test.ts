import { appendFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogTail } from '../../../src/observe/runs/log-tail.ts';
import { createRedactor } from '../../../src/text/redact.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const SECRET = 'abcd-1234-efgh-5678-ijkl';
const redact = createRedactor([SECRET]);

let workspace: Workspace;
let path: string;
let tail: LogTail;

beforeEach(() => {
  workspace = makeWorkspace();
  path = join(workspace.dir, 'run.log');
  tail = new LogTail(path, redact);
});
afterEach(() => workspace.cleanup());

/** No piece of the secret long enough to matter. */
function expectNoPiece(text: string): void {
  for (let at = 0; at + 8 <= SECRET.length; at++) expect(text).not.toContain(SECRET.slice(at, at + 8));
}

describe('following the complaints of an FFmpeg', () => {
  it('brings every line once, without empty ones, and waits for the end of the last', () => {
    expect(tail.read()).toEqual([]);
    writeFileSync(path, 'one\r\n\ntwo\nthr');
    expect(tail.read()).toEqual(['one', 'two']);
    expect(tail.read()).toEqual([]);
    appendFileSync(path, 'ee\n');
    expect(tail.read()).toEqual(['three']);
    expect(tail.last).toBe('three');
  });

  it('remembers the complaint, not that it was repeated', () => {
    writeFileSync(path, 'Connection refused\n    Last message repeated 3 times\n');
    tail.read();
    expect(tail.last).toBe('Connection refused');
  });

  it('takes secrets out, also of a line that came in two pieces', () => {
    writeFileSync(path, `cannot open rtmp://host/live2/${SECRET.slice(0, 9)}`);
    expect(tail.read()).toEqual([]);
    appendFileSync(path, `${SECRET.slice(9)}: refused\n`);
    expect(tail.read()).toEqual(['cannot open rtmp://host/live2/[redacted]: refused']);
    expect(tail.last).not.toContain(SECRET);
  });

  it('shows no piece of a secret that a clipped line was cut in', () => {
    for (let before = 960; before <= 1000; before += 4) {
      writeFileSync(path, `${'x'.repeat(before)}${SECRET}\n`);
      const lines = new LogTail(path, redact).read().join('\n');
      expect(lines.length).toBeLessThanOrEqual(1000);
      expectNoPiece(lines);
    }
  });

  it('shows no piece of a secret that an endless line was cut in between two looks', () => {
    for (let after = 960; after < 1000; after += 4) {
      writeFileSync(path, `${'x'.repeat(500)}${SECRET}${'y'.repeat(after)}`);
      const follower = new LogTail(path, redact);
      follower.read();
      appendFileSync(path, '\n');
      expectNoPiece(follower.read().join('\n'));
    }
  });

  it('shows no piece of a secret at the place where a flood was cut', () => {
    for (let after = 65_510; after < 65_536; after += 4) {
      writeFileSync(path, `${SECRET}${'y'.repeat(after - 1)}\n`);
      expectNoPiece(new LogTail(path, redact).read().join('\n'));
    }
  });

  it('reads text that is cut in the middle of a character', () => {
    const bytes = Buffer.from('Schlüssel ü\n');
    const cut = bytes.indexOf(0xc3) + 1;
    writeFileSync(path, bytes.subarray(0, cut));
    tail.read();
    appendFileSync(path, bytes.subarray(cut));
    expect(tail.read()).toHaveLength(1);
  });

  it('brings the newest 64 KiB of a flood and empties a file over a mebibyte', () => {
    writeFileSync(path, 'a line of a flood\n'.repeat(70_000));
    const lines = tail.read();
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.join('\n').length).toBeLessThanOrEqual(65_536);
    expect(statSync(path).size).toBe(0);
    appendFileSync(path, 'after it\n');
    expect(tail.read()).toEqual(['after it']);
  });

  it('brings whole lines also where more than before was written at once after it was emptied', () => {
    writeFileSync(path, 'a line of a flood\n'.repeat(70_000));
    tail.read();
    appendFileSync(path, 'one more flood yet\n'.repeat(68_000));
    expect(new Set(tail.read())).toEqual(new Set(['one more flood yet']));
  });

  it('goes on after somebody else emptied the file', () => {
    writeFileSync(path, 'a long first line\n');
    tail.read();
    truncateSync(path, 0);
    appendFileSync(path, 'short\n');
    expect(tail.read()).toEqual(['short']);
  });

  it('keeps the last complaint when the file is gone', async () => {
    writeFileSync(path, 'why it ended\n');
    tail.read();
    await workspace.cleanup();
    expect(tail.read()).toEqual([]);
    expect(tail.last).toBe('why it ended');
  });
});
