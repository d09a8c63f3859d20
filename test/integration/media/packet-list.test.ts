import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFile, makeMedia } from '../../fixtures/media-maker.ts';
import { makeWorkspace } from '../../fixtures/workspace.ts';
import { mediaInput, mediaStdin } from '../../../src/actuate/ffmpeg/media-input.ts';
import { playoutArgv } from '../../../src/actuate/ffmpeg/playout-argv.ts';
import { PacketList } from '../../../src/observe/runs/packet-list.ts';
import type { SentPackets } from '../../../src/reconcile/model/run.ts';
import { WHOLE_LOOK_BYTES } from '../../../src/reconcile/playout/as-sent.ts';
import { asItem, probed } from './probed.ts';

const workspace = makeWorkspace();
afterAll(() => workspace.cleanup());

interface Played {
  readonly bytes: number;
  readonly sent: SentPackets | null;
  readonly complaints: string;
}

/** Copies the file with the daemon's arguments, as if it were a large one; `fd`: where its progress goes. */
async function copied(path: string, fd: number): Promise<Omit<Played, 'sent'>> {
  const facts = { ...(await probed(path)), sizeBytes: WHOLE_LOOK_BYTES + 1 };
  const item = asItem(facts);
  const spec = { ...item, part: { ...item.part, picture: 'copy', sound: 'copy' } } as const;
  const input = mediaInput(`file:${path}`, null);
  const media = openSync(path, 'r');
  const stdio = ['pipe', 'pipe', 'pipe', 'ignore', media, 'ignore', 'ignore', fd] as const;
  const child = spawn('ffmpeg', playoutArgv(spec, input, { toneMapping: true }), {
    stdio: [...stdio],
    timeout: 60_000,
  });
  let bytes = 0;
  let complaints = '';
  child.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length));
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  child.stdin?.end(mediaStdin(input, facts, { durationMs: null }));
  await once(child, 'close');
  closeSync(media);
  return { bytes, complaints };
}

async function play(path: string): Promise<Played> {
  const progress = join(workspace.dir, 'progress');
  const fd = openSync(progress, 'w');
  const played = await copied(path, fd);
  closeSync(fd);
  const list = new PacketList();
  for (const line of readFileSync(progress, 'latin1').split('\n')) list.feed(line);
  return { ...played, sent: list.sent };
}

const SMALL = { size: '320x180', seconds: 6 } as const;

describe('the packets of an item that is copied', () => {
  it.each(['mp4', 'mkv', 'ts', 'flv'] as const)('are listed as they are: %s', async (container) => {
    const { sent, complaints } = await play(await makeMedia({ name: 'listed', container, ...SMALL }));
    expect(complaints).toBe('');
    expect(sent).toMatchObject({ parametersChange: false });
    expect(sent?.keyframeGapS).toBeCloseTo(2, 1);
    expect(sent?.pictureStepS).toBeLessThan(0.1);
    expect(sent?.soundStepS).toBeGreaterThan(0.02);
    expect(sent?.soundStepS).toBeLessThan(0.1);
    expect(sent?.reorderFrames).toBeGreaterThan(0);
    expect(sent?.reorderFrames).toBeLessThanOrEqual(2);
  });

  it('tell that key frames are far apart, whatever the pictures between refer to', async () => {
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=30', '-f', 'lavfi', '-i', 'sine=r=44100', '-t', '8'];
    const deep = [
      '-c:v',
      'libx264',
      '-g',
      '300',
      '-bf',
      '7',
      '-refs',
      '5',
      '-x264-params',
      'b-pyramid=normal:b-adapt=0',
    ];
    const args = [...source, ...deep, '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2'];
    const { sent } = await play(await makeFile({ name: 'deep', container: 'mkv', args }));
    expect(sent?.keyframeGapS).toBeGreaterThan(7);
    expect(sent?.reorderFrames).toBe(2);
  });

  it('go on where their list cannot be written', async () => {
    const path = await makeMedia({ name: 'listed', container: 'ts', ...SMALL });
    const whole = await play(path);
    const full = openSync('/dev/full', 'w');
    const { bytes } = await copied(path, full);
    closeSync(full);
    expect(bytes).toBe(whole.bytes);
  });
});
