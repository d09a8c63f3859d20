import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HouseClips } from '../../src/actuate/house-clips.ts';
import type { HouseClip, HouseFormat } from '../../src/reconcile/model/playout.ts';
import { clipId } from '../../src/reconcile/playout/clip.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

const FORMAT: HouseFormat = { width: 640, height: 360, fps: 30, videoBitrateKbps: 800 };
const ID = clipId(null, FORMAT);

let workspace: Workspace;
let nowMs: number;

beforeEach(() => {
  workspace = makeWorkspace();
  nowMs = 0;
});
afterEach(() => workspace.cleanup());

const runsFile = (): string => join(workspace.dir, 'runs');
const clipFiles = (): string[] => readdirSync(workspace.dir).filter((name) => name.startsWith('clip-'));

/** Stands in for FFmpeg: writes down that it ran and does this, the file to be made in `$file`. */
function encoder(script: string): string {
  const path = join(workspace.dir, 'encoder');
  const last = 'for last; do :; done; file=${last#file:}';
  writeFileSync(path, `#!/bin/sh\necho run >> '${runsFile()}'\n${last}\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const WELL = 'echo picture > "$file"; echo frame=300; echo progress=end';

async function daemon(script: string): Promise<HouseClips> {
  const ffmpeg = encoder(script);
  const clips = new HouseClips({
    dir: workspace.dir,
    ffmpegPath: () => ffmpeg,
    filters: () => ({ toneMapping: false }),
    write: writeFileSync,
    now: () => nowMs,
    wake: () => undefined,
  });
  await clips.load();
  return clips;
}

/** Asks until there is an answer. */
async function keep(clips: HouseClips, id = ID, format = FORMAT) {
  return eventually(
    async () => {
      clips.keep(id, null, format);
      const found = (await clips.look()).get(id);
      if (found === undefined) throw new Error('no answer yet');
      return found;
    },
    { timeoutMs: 30_000 },
  );
}

describe('clips in house format', () => {
  it('are made once, and found by the next daemon', async () => {
    const made = await keep(await daemon(WELL));
    expect(made).toMatchObject({
      kind: 'ok',
      value: { frames: 300, fps: 30, gopFrames: 30 } satisfies Partial<HouseClip>,
    });
    rmSync(runsFile());
    expect(await keep(await daemon(WELL))).toMatchObject({ kind: 'ok', value: { frames: 300 } });
    expect(existsSync(runsFile())).toBe(false);
  });

  it.each([
    ['that fails half way', 'echo half > "$file"; echo "disk is full" >&2; exit 1', 'disk is full'],
    ['that is killed', 'echo half > "$file"; echo frame=100; kill -9 $$', 'cannot be brought into house format'],
    ['that makes next to nothing', 'echo few > "$file"; echo frame=3; echo progress=end', 'too short'],
  ])('are not there after an encoder %s, which is told', async (_, script, message) => {
    const clips = await daemon(script);
    const failed = await keep(clips);
    expect(failed).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining(message) as string } });
    await eventually(() => expect(clipFiles()).toEqual([]));
  });

  it('that failed are tried again after ten minutes, not at once', async () => {
    const clips = await daemon('exit 1');
    await keep(clips);
    encoder(WELL);
    expect((await keep(clips)).kind).toBe('failed');
    nowMs = 600_001;
    await eventually(async () => expect((await keep(clips)).kind).toBe('ok'), { timeoutMs: 30_000 });
  });

  it('are made anew where somebody deleted them', async () => {
    const clips = await daemon(WELL);
    const made = await keep(clips);
    if (made.kind === 'ok') rmSync(made.value.path);
    expect((await clips.look()).size).toBe(0);
    expect((await keep(clips)).kind).toBe('ok');
  });

  it('that are asked for no more are deleted when another is made', async () => {
    const clips = await daemon(WELL);
    await keep(clips);
    nowMs = 6 * 3_600_000 + 1;
    const other = { ...FORMAT, fps: 25 };
    const id = clipId(null, other);
    await keep(clips, id, other);
    await eventually(() => expect(clipFiles().sort()).toEqual([`clip-${id}.json`, `clip-${id}.mp4`]));
  });

  it('half made by a daemon that died are swept away by the next', async () => {
    writeFileSync(join(workspace.dir, 'clip-0123456789ab.part'), 'half');
    await daemon(WELL);
    expect(clipFiles()).toEqual([]);
  });
});
