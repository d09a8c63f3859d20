import { mkdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DESIRED, playoutOf } from '../raw-pipeline.ts';
import { runTool, runToolOk } from '../../fixtures/run-tool.ts';
import { makeWorkspace } from '../../fixtures/workspace.ts';
import { createProber } from '../../../src/observe/probe/prober.ts';
import { NO_ARTWORK } from '../../../src/reconcile/model/playout.ts';
import { itemSpec } from '../../../src/reconcile/playout/spec.ts';

const SECONDS = 9;
const FROM_S = 6;

const workspace = makeWorkspace();
const media = join(workspace.dir, 'media');
const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=30', '-f', 'lavfi', '-i', 'sine=1000:r=48000'];

beforeAll(() => mkdirSync(media));
afterAll(() => workspace.cleanup());

/** As a program writes that cannot go back to its header: no length, no index. */
async function written(name: string, format: string, ...args: readonly string[]): Promise<string> {
  const path = join(media, name);
  const file = await open(path, 'w');
  const made = await runToolOk('ffmpeg', [
    ...['-nostdin', '-v', 'error', ...sources, '-t', String(SECONDS), ...args],
    ...['-f', format, 'pipe:1'],
  ]);
  await file.write(made.stdout);
  await file.close();
  return path;
}

const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

it.each<readonly [string, string, readonly string[]]>([
  ['a recording of a browser', 'webm', [...VP8, '-live', '1']],
  ['a recording that another program still follows', 'matroska', [...H264, '-live', '1']],
  ['sound without a container', 'adts', ['-vn', '-c:a', 'aac']],
])(
  'goes on at its place though nobody knows how long it is: %s',
  async (name, format, args) => {
    const path = await written(`${format}.bin`, format, ...args);
    const probe = createProber({ ffprobePath: 'ffprobe', timeoutMs: 60_000, env: { PATH: process.env['PATH'] ?? '' } });
    const facts = await probe(`file:${path}`, { key: name, version: 'v', sizeBytes: statSync(path).size });
    if (facts.kind === 'failed') throw new Error(facts.failure.message);
    expect(facts.value.durationS).toBeNull();
    const cursor = { round: 0, index: 0, key: name, offsetMs: FROM_S * 1000 };
    const spec = itemSpec(facts.value, DESIRED, cursor, { urlTtlMs: 3_600_000, sole: false }, NO_ARTWORK);
    const played = await lengths(await playoutOf(spec, path));
    for (const seconds of played) expect(Math.abs(seconds - (SECONDS - FROM_S))).toBeLessThan(0.3);
  },
  90_000,
);

/** Of picture and sound, by their number. */
async function lengths(bytes: Buffer): Promise<readonly [number, number]> {
  const path = join(workspace.dir, 'played.ts');
  const file = await open(path, 'w');
  await file.write(bytes);
  await file.close();
  const count = async (stream: string): Promise<number> => {
    const args = [
      '-v',
      'error',
      '-select_streams',
      stream,
      '-count_packets',
      '-show_entries',
      'stream=nb_read_packets',
    ];
    const { stdout } = await runTool('ffprobe', [...args, '-of', 'csv=p=0', path]);
    return Number.parseInt(stdout.toString('utf8'), 10);
  };
  return [(await count('v')) / 30, ((await count('a')) * 1024) / 44_100];
}
