import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeClapper } from '../../fixtures/clapper.ts';
import { makeOddFiles, type OddFile } from '../../fixtures/odd-files.ts';
import { claps } from '../../fixtures/recording.ts';
import { startRtmpSink, type RtmpSink, type SinkSession } from '../../fixtures/rtmp-sink.ts';
import { framesOf, mediaGaps, worstAvOffsetMs } from '../../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { playoutOf, publish } from '../raw-pipeline.ts';
import { asItem, probed } from './probed.ts';

const CLAPPER_S = 3;
/** What a viewer does not notice; ITU-R BT.1359 has 45 ms. */
const TOGETHER_S = 0.04;

let workspace: Workspace;
let sink: RtmpSink;
let oddFiles: readonly OddFile[];

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink({ recordDir: join(workspace.dir, 'recordings') });
  oddFiles = await makeOddFiles(workspace.dir);
});

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

/** What the item's playout writes, decided and built as the daemon does it. */
async function bytesOf(path: string, without: readonly string[] = []): Promise<Buffer> {
  return playoutOf(asItem(await probed(path)), path, { without });
}

/** In an order of its own, which the seed repeats. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items
    .map((item) => ({ item, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const longest = (session: SinkSession, kind: 'video' | 'audio'): number =>
  Math.max(0, ...mediaGaps(session, kind, 60).map(({ gapMs }) => Math.abs(gapMs)));

test('no item, whatever is missing or wrong in it, breaks what comes after it', async () => {
  const seed = Number(process.env['MEDIA_SEED'] ?? Math.floor(Math.random() * 1e6));
  const clap = await bytesOf(await makeClapper({ seconds: CLAPPER_S }));
  const odd = shuffled(oddFiles, seed);
  const parts: Buffer[] = [clap];
  for (const { path } of odd) parts.push(await bytesOf(path), clap);
  const { exitCode, session } = await publish(sink, Buffer.concat(parts));
  expect(exitCode).toBe(0);

  const order = `${odd.map(({ what }) => what).join(', ')}; MEDIA_SEED=${seed}`;
  expect({ order, picture: longest(session, 'video') < 300, sound: longest(session, 'audio') < 300 }).toEqual({
    order,
    picture: true,
    sound: true,
  });
  expect(worstAvOffsetMs(session), order).toBeLessThan(300);
  const wantedS = odd.reduce((sum, { seconds }: OddFile) => sum + seconds + CLAPPER_S, CLAPPER_S);
  const lastS = (framesOf(session, 'video').at(-1)?.timestampMs ?? 0) / 1000;
  expect(Math.abs(lastS - wantedS), `${lastS} of ${wantedS} s: ${order}`).toBeLessThan(0.15 * odd.length);

  // A flash under silence has no beep near it.
  const heard = (await claps(session.file ?? '')).filter(({ soundLagS }) => Math.abs(soundLagS) < 0.5);
  expect(heard.length, order).toBeGreaterThanOrEqual((odd.length + 1) * CLAPPER_S);
  expect(
    heard.filter(({ soundLagS }) => Math.abs(soundLagS) > TOGETHER_S),
    order,
  ).toEqual([]);
}, 300_000);

test('a picture that pauses would, if the muxer did not wait for it', async () => {
  const { path = '' } = oddFiles.find(({ what }) => what.includes('pauses')) ?? {};
  const apartMs = async (without: readonly string[]): Promise<number> => {
    const { session } = await publish(sink, await bytesOf(path, without));
    return worstAvOffsetMs(session);
  };
  expect(await apartMs([])).toBeLessThan(300);
  expect(await apartMs(['-max_interleave_delta'])).toBeGreaterThan(3_000);
});
