import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DesiredReader } from '../../../src/observe/desired/file.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const content = (kbps: number): string => `running: true\nmedia: loops/rain.mp4\nbitrate: ${String(kbps)}k\n`;
const kbps = (value: number): object => ({ kind: 'ok', spec: { bitrateKbps: value } });

const readDesired = (path: string, options = {}) => new DesiredReader(path, options).read();

describe('reading desired.yaml', () => {
  let workspace: Workspace;
  let file: string;
  beforeEach(() => {
    workspace = makeWorkspace();
    file = join(workspace.dir, 'desired.yaml');
  });
  afterEach(() => workspace.cleanup());

  it('gives the spec, also through a symlink', async () => {
    writeFileSync(join(workspace.dir, 'real.yaml'), content(1000));
    symlinkSync('real.yaml', file);
    expect(await readDesired(file)).toMatchObject(kbps(1000));
  });

  it('says why there is none', async () => {
    expect(await readDesired(file)).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('does not exist'),
    });
    symlinkSync('desired.yaml', file);
    expect(await readDesired(file)).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('leads back to itself'),
    });
    unlinkSync(file);
    mkdirSync(file);
    expect(await readDesired(file)).toMatchObject({ kind: 'missing', message: expect.stringContaining('a directory') });
  });

  it('says that it may not be read', async () => {
    writeFileSync(file, content(1000));
    chmodSync(file, 0o000);
    // Root may read everything, so it becomes nobody for a moment.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await readDesired(file)).toMatchObject({
        kind: 'missing',
        message: expect.stringContaining('may not be read'),
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('does not wait for the writer of a FIFO, nor read a device without end', { timeout: 3000 }, async () => {
    execFileSync('mkfifo', [file]);
    expect(await readDesired(file)).toMatchObject({ kind: 'missing', message: 'desired.yaml is a FIFO, not a file' });
    unlinkSync(file);
    symlinkSync('/dev/zero', file);
    expect(await readDesired(file)).toMatchObject({ kind: 'missing', message: 'desired.yaml is a device, not a file' });
  });

  it('reads no more than it must of a huge file', async () => {
    execFileSync('truncate', ['-s', '100G', file]);
    expect(await readDesired(file)).toMatchObject({
      kind: 'invalid',
      problems: [{ message: 'the file is larger than 1 MiB' }],
    });
  });

  it('refuses a known secret', async () => {
    writeFileSync(file, `${content(1000)}# hunter2hunter2\n`);
    expect(await readDesired(file, { secrets: ['hunter2hunter2'] })).toMatchObject({ kind: 'invalid' });
  });

  it('sees every change at once, even of the same size and with the times set back', async () => {
    const reader = new DesiredReader(file);
    for (let value = 1000; value < 1100; value += 1) {
      writeFileSync(file, content(value));
      utimesSync(file, 1_000_000, 1_000_000);
      expect(await reader.read()).toMatchObject(kbps(value));
    }
    unlinkSync(file);
    expect(await reader.read()).toMatchObject({ kind: 'missing' });
    writeFileSync(file, content(1099));
    expect(await reader.read()).toMatchObject(kbps(1099));
  });

  it('returns the very same result while nothing changes', async () => {
    writeFileSync(file, content(1000));
    const reader = new DesiredReader(file);
    await eventually(
      async () => {
        const [first, second] = [await reader.read(), await reader.read()];
        expect(second).toBe(first);
      },
      { timeoutMs: 5000, what: 'the file to be no longer young' },
    );
  });

  it('waits at the first read, too, for a file that is still being written', async () => {
    writeFileSync(file, content(2000).slice(0, -3));
    const writing = new Promise((resolve) => setTimeout(resolve, 50)).then(() => writeFileSync(file, content(2000)));
    const reader = new DesiredReader(file, { settleMs: 400 });
    expect(await reader.read()).toMatchObject(kbps(2000));
    await writing;
  });

  it('waits for one that is written without end no longer than three times as long', async () => {
    writeFileSync(file, content(3000));
    const writing = setInterval(() => appendFileSync(file, '#\n'), 5);
    try {
      expect(await new DesiredReader(file, { settleMs: 200 }).read()).toMatchObject(kbps(3000));
    } finally {
      clearInterval(writing);
    }
  });

  it('keeps what was before while a file may be half written, if told to wait', async () => {
    writeFileSync(file, content(3000));
    const reader = new DesiredReader(file, { settleMs: 400 });
    expect(await reader.read()).toMatchObject(kbps(3000));
    // Half of the new content, and valid.
    writeFileSync(file, content(2000).slice(0, -3));
    expect(await reader.read()).toMatchObject(kbps(3000));
    writeFileSync(file, content(2000));
    expect(await reader.read()).toMatchObject(kbps(3000));
    await eventually(async () => expect(await reader.read()).toMatchObject(kbps(2000)));
  });

  it('believes nothing that is written while it reads, however many turns after it has begun', async () => {
    const readers = Array.from({ length: 20 }, async (_, turns) => {
      const path = join(workspace.dir, `${turns}.yaml`);
      writeFileSync(path, content(3000));
      const reader = new DesiredReader(path, { settleMs: 600 });
      expect(await reader.read()).toMatchObject(kbps(3000));
      return { path, reader, turns };
    });
    for (const { path, reader, turns } of await Promise.all(readers)) {
      const reading = reader.read();
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      writeFileSync(path, content(2000).slice(0, -3));
      expect(await reading).toMatchObject(kbps(3000));
    }
  });

  it('gives the text that was accepted with a hash, and of no other', async () => {
    writeFileSync(file, content(3000));
    const reader = new DesiredReader(file);
    const accepted = await reader.read();
    const hash = accepted.kind === 'ok' ? accepted.hash : '';
    expect(reader.textOf(hash)).toBe(content(3000));
    writeFileSync(file, `${content(2000)}bitrat: 1\n`);
    await eventually(async () => expect(await reader.read()).toMatchObject({ kind: 'invalid' }));
    expect(reader.textOf(hash)).toBeNull();
  });
});
