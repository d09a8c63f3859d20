import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DesiredReader } from '../../../src/observe/desired/file.ts';
import { type DesiredWatch, watchDesired } from '../../../src/observe/desired/watch.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const content = (kbps: number): string => `running: true\nmedia: loops/rain.mp4\nbitrate: ${String(kbps)}k\n`;

describe('watchDesired', () => {
  let workspace: Workspace;
  let directory: string;
  let file: string;
  let watch: DesiredWatch | undefined;
  let wakes = 0;
  const errors: string[] = [];
  /** What a loop that reads on wakes only would know. */
  let seen: number | null = null;

  beforeEach(() => {
    workspace = makeWorkspace();
    directory = join(workspace.dir, 'config');
    file = join(directory, 'desired.yaml');
    mkdirSync(directory);
    writeFileSync(file, content(3000));
    wakes = 0;
    seen = null;
    errors.length = 0;
  });

  afterEach(async () => {
    await watch?.close();
    await workspace.cleanup();
  });

  /** Begins to watch, and makes sure by a first change that events come. */
  async function begin(): Promise<DesiredReader> {
    const reader = new DesiredReader(file);
    watch = watchDesired(
      file,
      () => {
        wakes += 1;
        void reader.read().then((result) => {
          seen = result.kind === 'ok' ? result.spec.bitrateKbps : null;
        });
      },
      { onError: (message) => errors.push(message) },
    );
    await eventually(
      () => {
        writeFileSync(file, content(2999));
        expect(seen).toBe(2999);
      },
      { everyMs: 200, what: 'the first wake' },
    );
    return reader;
  }

  async function wakesTo(kbps: number): Promise<void> {
    await eventually(() => expect(seen).toBe(kbps), { timeoutMs: 6000, what: `a wake that reads ${String(kbps)}` });
    expect(errors).toEqual([]);
  }

  /** The same with the look every second that the loop takes regardless. */
  async function pollsTo(reader: DesiredReader, kbps: number): Promise<void> {
    await eventually(
      async () => {
        expect(await reader.read()).toMatchObject({ kind: 'ok', spec: { bitrateKbps: kbps } });
      },
      { everyMs: 100 },
    );
  }

  it('wakes on a write in place', async () => {
    await begin();
    writeFileSync(file, content(1000));
    await wakesTo(1000);
  });

  it('wakes on sed -i, again and again', async () => {
    await begin();
    for (const kbps of [1001, 1002, 1003]) {
      execFileSync('sed', ['-i', `s/^bitrate:.*/bitrate: ${String(kbps)}k/`, file]);
      await wakesTo(kbps);
    }
  });

  it('wakes on an editor that moves the old file away and writes a new one', async () => {
    await begin();
    for (const kbps of [1001, 1002]) {
      renameSync(file, `${file}~`);
      writeFileSync(file, content(kbps));
      await wakesTo(kbps);
    }
  });

  it('wakes on a file renamed over the old one', async () => {
    await begin();
    for (const kbps of [1001, 1002]) {
      writeFileSync(`${file}.new`, content(kbps));
      renameSync(`${file}.new`, file);
      await wakesTo(kbps);
    }
  });

  it('wakes when the file goes and when it comes back', async () => {
    await begin();
    unlinkSync(file);
    await eventually(() => expect(seen).toBeNull());
    writeFileSync(file, content(1000));
    await wakesTo(1000);
  });

  it('comes to the end of a file written in two halves', async () => {
    await begin();
    const text = content(1234);
    writeFileSync(file, text.slice(0, 30));
    const before = wakes;
    await eventually(() => expect(wakes).toBeGreaterThan(before));
    appendFileSync(file, text.slice(30));
    await wakesTo(1234);
  });

  it('comes to the second of two writes at once, of the same size', async () => {
    const reader = await begin();
    writeFileSync(file, content(1000));
    writeFileSync(file, content(2000));
    await wakesTo(2000);
    await pollsTo(reader, 2000);
  });

  it('comes to the content of another commit', async () => {
    const git = (...args: string[]): void => {
      const identity = [
        '-c',
        'user.name=t',
        '-c',
        'user.email=t@localhost',
        '-c',
        'commit.gpgsign=false',
        '-c',
        'core.hooksPath=',
      ];
      execFileSync('git', [...identity, ...args], { cwd: directory, stdio: 'pipe' });
    };
    git('init', '--quiet', '--initial-branch=main');
    for (const kbps of [1000, 2000]) {
      writeFileSync(file, content(kbps));
      git('add', 'desired.yaml');
      git('commit', '--quiet', '-m', String(kbps));
    }
    await begin();
    git('checkout', '--quiet', '--force', 'HEAD~1');
    await wakesTo(1000);
    git('checkout', '--quiet', 'main');
    await wakesTo(2000);
  });

  it('comes to the target of a swapped symlink, directly and as Kubernetes swaps its ..data', async () => {
    unlinkSync(file);
    for (const [name, kbps] of [
      ['..1', 1000],
      ['..2', 2000],
    ] as const) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'desired.yaml'), content(kbps));
    }
    symlinkSync('..1', join(directory, '..data'));
    symlinkSync('..data/desired.yaml', file);
    const reader = new DesiredReader(file);
    let read: unknown = null;
    watch = watchDesired(
      file,
      () =>
        void reader.read().then((result) => {
          read = result;
        }),
    );
    await pollsTo(reader, 1000);
    symlinkSync('..2', join(directory, '..tmp'));
    renameSync(join(directory, '..tmp'), join(directory, '..data'));
    await pollsTo(reader, 2000);
    symlinkSync('..1/desired.yaml', `${file}.tmp`);
    renameSync(`${file}.tmp`, file);
    await pollsTo(reader, 1000);
    await eventually(() => expect(read).toMatchObject({ spec: { bitrateKbps: 1000 } }));
  });

  it('hears of later changes in a directory that was deleted and made again, however late', async () => {
    const reader = await begin();
    rmSync(directory, { recursive: true });
    await eventually(async () => expect(await reader.read()).toMatchObject({ kind: 'missing' }));
    await eventually(() => expect(seen).toBeNull());
    const deletedAt = performance.now();
    // Longer than the watch takes to notice that there is none.
    await eventually(() => expect(performance.now() - deletedAt).toBeGreaterThan(1200));
    mkdirSync(directory);
    writeFileSync(file, content(1000));
    await wakesTo(1000);
    writeFileSync(file, content(1500));
    await wakesTo(1500);
  });

  it('hears of later changes in a directory put in the place of the watched one', async () => {
    await begin();
    const other = join(workspace.dir, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'desired.yaml'), content(1000));
    renameSync(directory, join(workspace.dir, 'old'));
    renameSync(other, directory);
    await wakesTo(1000);
    writeFileSync(file, content(1500));
    await wakesTo(1500);
  });

  it('hears nothing of other files beside it', async () => {
    await begin();
    mkdirSync(join(directory, 'state'));
    await eventually(() => expect(seen).toBe(2999));
    const watched = inotifyWatches();
    expect(watched).toBeGreaterThan(0);
    for (let at = 0; at < 20; at += 1) {
      mkdirSync(join(directory, `dir-${String(at)}`));
      writeFileSync(join(directory, 'state', `file-${String(at)}`), '');
    }
    const before = wakes;
    writeFileSync(file, content(1000));
    await wakesTo(1000);
    expect(inotifyWatches()).toBe(watched);
    expect(wakes - before).toBeLessThan(5);
  });

  it('falls silent when closed', async () => {
    await begin();
    writeFileSync(file, content(1000));
    await watch?.close();
    const before = wakes;
    writeFileSync(file, content(2000));
    await expect(eventually(() => expect(wakes).toBeGreaterThan(before), { timeoutMs: 400 })).rejects.toThrow(
      'in vain',
    );
  });
});

function inotifyWatches(): number {
  const infos = execFileSync('sh', ['-c', `cat /proc/${String(process.pid)}/fdinfo/* 2>/dev/null || true`]);
  return infos
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('inotify ')).length;
}
