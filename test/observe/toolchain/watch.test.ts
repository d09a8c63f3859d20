import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ToolchainWatch } from '../../../src/observe/toolchain/watch.ts';
import type { Toolchain } from '../../../src/reconcile/model/observation.ts';
import { findProgram } from '../../../src/system/programs.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { recordFfmpeg } from '../../fixtures/recorded-ffmpeg.ts';
import { isAlive, makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

let workspace: Workspace;
let kept: string | null;
let wakes: number;

beforeEach(() => {
  workspace = makeWorkspace();
  mkdirSync(join(workspace.dir, 'temp'), { mode: 0o700 });
  kept = null;
  wakes = 0;
});
afterEach(() => workspace.cleanup());

let nowMs = 0;

const temp = (): string => join(workspace.dir, 'temp');

const watch = (path: string | null, tempDir = temp()): ToolchainWatch =>
  new ToolchainWatch(
    () => path,
    tempDir,
    { load: () => kept, save: (text) => (kept = text) },
    () => (wakes += 1),
    () => nowMs,
  );

/** A program that answers as this shell script does. */
function fake(name: string, script: string): string {
  const path = join(workspace.dir, name);
  // Renamed into place, so that a running script is never written to.
  writeFileSync(`${path}.new`, `#!/bin/sh\n${script}\n`);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
  return path;
}

const realFfmpeg = (): string => findProgram('ffmpeg', process.env['PATH'] ?? '') ?? 'ffmpeg';

async function verdict(watched: ToolchainWatch, timeoutMs = 10_000): Promise<Toolchain> {
  return eventually(
    () => {
      const toolchain = watched.read();
      expect(toolchain.kind).not.toBe('checking');
      return toolchain;
    },
    { timeoutMs, what: 'a verdict on the binary' },
  );
}

let recorded: string;
const recordings = makeWorkspace();
beforeAll(async () => {
  recorded = (await recordFfmpeg(join(recordings.dir, 'ffmpeg'))).FFMPEG_PATH;
});
afterAll(() => recordings.cleanup());

/** What FFmpeg says behind a script that changes its arguments. */
const ignoringPreset = (): string =>
  `for a; do shift; if [ "$skip" = 1 ]; then skip=; elif [ "$a" = -fpre ]; then skip=1; else set -- "$@" "$a"; fi; done
exec '${recorded}' "$@"`;

describe('the FFmpeg at hand', () => {
  it('is asked in the background, tells its version, and proves how the key gets to it', async () => {
    const watched = watch(realFfmpeg());
    expect(watched.read()).toEqual({ kind: 'checking' });
    const ready = await verdict(watched);
    expect(ready).toMatchObject({ kind: 'ready', version: expect.stringMatching(/^\S+$/) });
    expect(wakes).toBe(1);
    expect(readdirSync(temp())).toEqual([]);
  });

  it('is remembered by the next daemon, so that its start does not wait', async () => {
    const path = fake('ffmpeg', `exec '${recorded}' "$@"`);
    const ready = await verdict(watch(path));
    expect(watch(path).read()).toEqual(ready);
  });

  it('is asked again where what was remembered does not say whether HDR can be tone mapped', async () => {
    const path = fake('ffmpeg', `exec '${recorded}' "$@"`);
    const ready = await verdict(watch(path));
    kept = (kept ?? '').replace(/,"toneMapping":\w+/, '');
    const watched = watch(path);
    expect(watched.read()).toEqual({ kind: 'checking' });
    expect(await verdict(watched)).toEqual(ready);
  });

  it('is found to ignore the preset, and the key goes another way', async () => {
    expect(await verdict(watch(fake('ffmpeg', ignoringPreset())))).toMatchObject({
      kind: 'ready',
      keyDelivery: 'argv',
    });
  });

  it('is proven anew when the binary was replaced while we run', async () => {
    const path = fake('ffmpeg', ignoringPreset());
    const watched = watch(path);
    expect(await verdict(watched)).toMatchObject({ keyDelivery: 'argv' });
    fake('ffmpeg', `exec '${recorded}' "$@"`);
    expect(watched.read()).toEqual({ kind: 'checking' });
    const real = await verdict(watch(recorded));
    expect(await verdict(watched)).toEqual(real);
  });

  it('is judged by its last replacement, not by the one that answered last', async () => {
    const [begun, go, over] = ['begun', 'go', 'over'].map((name) => join(workspace.dir, name)) as [
      string,
      string,
      string,
    ];
    const path = fake(
      'ffmpeg',
      `: > '${begun}'; while [ ! -e '${go}' ]; do sleep 0.05; done; echo 'ffmpeg version 4.4.1'; : > '${over}'`,
    );
    const watched = watch(path);
    expect(watched.read()).toEqual({ kind: 'checking' });
    await eventually(() => expect(existsSync(begun)).toBe(true));
    fake('ffmpeg', `exec '${recorded}' "$@"`);
    const ready = await verdict(watched);
    writeFileSync(go, '');
    await eventually(() => expect(existsSync(over)).toBe(true));
    expect(ready.kind).toBe('ready');
    expect(watched.read()).toEqual(ready);
  });

  it.each([
    ['silent', 'exit 0', 'FfmpegUnusable', 'does not answer -version as FFmpeg does: it says nothing'],
    ['silent and failing', 'exit 3', 'FfmpegUnusable', 'does not answer -version as FFmpeg does: exit code 3'],
    ['something else', 'echo "GNU sed 4.9"', 'FfmpegUnusable', 'does not answer -version'],
    ['broken', 'echo "cannot load libx264.so" >&2; exit 127', 'FfmpegUnusable', 'cannot load libx264.so'],
    ['too old', 'echo "ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright"', 'FfmpegUnusable', '4.4.2'],
    ['too old, as other builds print it', 'echo "ffmpeg version n4.3 Copyright"', 'FfmpegUnusable', 'n4.3'],
  ])('is refused when it is %s, and that is not kept', async (_, script, reason, message) => {
    const verdictOnIt = await verdict(watch(fake('ffmpeg', script)));
    expect(verdictOnIt).toMatchObject({ kind: 'unusable', reason, message: expect.stringContaining(message) });
    // It is told by /health, which is to show no path.
    expect(JSON.stringify(verdictOnIt)).not.toContain(workspace.dir);
    expect(kept).toBeNull();
  });

  it('is given up in bounded time when it hangs, and nothing of it is left', { timeout: 40_000 }, async () => {
    const path = fake('ffmpeg', `echo $$ > '${workspace.dir}/pid'; exec sleep 300`);
    const startedMs = performance.now();
    expect(await verdict(watch(path), 25_000)).toMatchObject({ kind: 'unusable', reason: 'FfmpegUnusable' });
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(isAlive(Number(readFileSync(join(workspace.dir, 'pid'), 'utf8')))).toBe(false);
  });

  it.each([
    ['5.1.9', 'preset'],
    ['8.0.1', 'preset'],
    ['8.1', 'argv'],
    ['9.0.2', 'argv'],
    ['N-112233-gabcdef', 'argv'],
  ])(
    'goes by what is known of %s where the proof cannot be made, and does not keep it',
    async (version, keyDelivery) => {
      const path = fake(
        'ffmpeg',
        `case "$*" in *-version*) echo "ffmpeg version ${version} Copyright";; *-encoders*) echo " V....D libx264 x"; echo " A....D aac x";; *) exit 1;; esac`,
      );
      expect(await verdict(watch(path))).toMatchObject({ kind: 'ready', keyDelivery });
      expect(kept).toBeNull();
    },
  );

  it('looks again after a while at what failed, as an upgrade may have been under way', async () => {
    const path = fake(
      'ffmpeg',
      `[ -e '${workspace.dir}/mended' ] || exit 127; echo "ffmpeg version 7.1 Copyright"; echo " V....D libx264 x"; echo " A....D aac x"`,
    );
    const watched = watch(path);
    expect(await verdict(watched)).toMatchObject({ kind: 'unusable' });
    writeFileSync(join(workspace.dir, 'mended'), '');
    expect(watched.read()).toMatchObject({ kind: 'unusable' });
    nowMs += 31_000;
    await eventually(() => expect(watched.read()).toMatchObject({ kind: 'ready' }), { timeoutMs: 10_000 });
  });

  it('proves it in memory where its own directory cannot be written', async () => {
    expect(await verdict(watch(realFfmpeg(), join(workspace.dir, 'not-there')))).toMatchObject({
      keyDelivery: 'preset',
    });
    expect(kept).not.toBeNull();
  });

  it.each([
    ['is not on PATH', (): string | null => null],
    ['does not exist', (): string => join(workspace.dir, 'nowhere')],
    ['is a directory', (): string => workspace.dir],
    [
      'is a symlink to nowhere',
      (): string => {
        symlinkSync('/nowhere/ffmpeg', join(workspace.dir, 'link'));
        return join(workspace.dir, 'link');
      },
    ],
    [
      'may not be executed',
      (): string => {
        const path = fake('ffmpeg', 'exit 0');
        chmodSync(path, 0o644);
        return path;
      },
    ],
  ])('is missing when it %s, with what to do', (_, path) => {
    expect(watch(path()).read()).toMatchObject({
      kind: 'unusable',
      reason: 'FfmpegMissing',
      message: expect.stringContaining('apt-get install ffmpeg'),
    });
  });

  it('is noticed when it is installed or removed while we run', async () => {
    const path = join(workspace.dir, 'ffmpeg');
    const watched = watch(path);
    expect(watched.read().kind).toBe('unusable');
    fake('ffmpeg', `exec '${recorded}' "$@"`);
    expect((await verdict(watched)).kind).toBe('ready');
    rmSync(path);
    expect(watched.read()).toMatchObject({ kind: 'unusable', reason: 'FfmpegMissing' });
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another shape', '{"identity":1,"toolchain":{"kind":"ready"}}'],
  ])('is asked again when what was kept is %s', async (_, text) => {
    kept = text;
    const path = fake('ffmpeg', 'echo "ffmpeg version 4.0 Copyright"');
    expect((await verdict(watch(path))).kind).toBe('unusable');
  });
});

describe('finding a program', () => {
  it('takes the first executable file of that name, and only from absolute directories', () => {
    mkdirSync(join(workspace.dir, 'a', 'tool'), { recursive: true });
    mkdirSync(join(workspace.dir, 'b'));
    fake('b/tool', 'exit 0');
    fake('tool', 'exit 0');
    const path = ['.', '', join(workspace.dir, 'a'), '/nowhere', join(workspace.dir, 'b'), workspace.dir].join(':');
    expect(findProgram('tool', path)).toBe(join(workspace.dir, 'b', 'tool'));
    expect(findProgram('no-such-tool', path)).toBeNull();
    expect(findProgram('tool', '')).toBeNull();
  });
});
