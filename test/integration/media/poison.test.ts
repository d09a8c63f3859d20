import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FieldFile, makeFieldFiles } from '../../fixtures/field-files.ts';
import { makeOddFiles } from '../../fixtures/odd-files.ts';
import { startRtmpSink, type RtmpSink } from '../../fixtures/rtmp-sink.ts';
import { framesOf, mediaGaps, worstAvOffsetMs } from '../../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { playoutOf, publish } from '../raw-pipeline.ts';
import { CLAPPER_S, faultsIn, playInARow } from './in-a-row.ts';
import { asItem, probed } from './probed.ts';

let workspace: Workspace;
let sink: RtmpSink;
let files: readonly FieldFile[];

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink({ recordDir: join(workspace.dir, 'recordings') });
  files = [...(await makeOddFiles(workspace.dir)), ...(await makeFieldFiles(workspace.dir))];
}, 300_000);

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

/** In an order of its own, which the seed repeats. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items
    .map((item) => ({ item, at: next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

test('no item, whatever is missing or wrong in it, has a gap, is cut short or breaks what comes after it', async () => {
  const seed = Number(process.env['MEDIA_SEED'] ?? Math.floor(Math.random() * 1e6));
  const order = shuffled(
    files.filter(({ again }) => again === undefined),
    seed,
  );
  const { session, found } = await playInARow(sink, order);
  const what = `${order.map((file) => file.what).join(', ')}; MEDIA_SEED=${seed}`;
  expect(faultsIn(found), what).toEqual([]);
  expect([mediaGaps(session, 'video', 300), mediaGaps(session, 'audio', 300)], what).toEqual([[], []]);
  expect(worstAvOffsetMs(session), what).toBeLessThan(300);
  const playedS = found.flatMap(({ file, seen }) => (seen === null ? [] : [file.seconds ?? 0]));
  const wantedS = playedS.reduce((sum, lengthS) => sum + lengthS + CLAPPER_S, CLAPPER_S);
  const lastS = (framesOf(session, 'video').at(-1)?.timestampMs ?? 0) / 1000;
  expect(Math.abs(lastS - wantedS), `${lastS} of ${wantedS} s: ${what}`).toBeLessThan(0.15 * playedS.length);
}, 300_000);

test('a picture that pauses would, if the muxer did not wait for it', async () => {
  const { path = '' } = files.find(({ what }) => what.includes('pauses')) ?? {};
  const item = asItem(await probed(path));
  const apartMs = async (without: readonly string[]): Promise<number> => {
    const { session } = await publish(sink, await playoutOf(item, path, { without }));
    return worstAvOffsetMs(session);
  };
  expect(await apartMs([])).toBeLessThan(300);
  expect(await apartMs(['-max_interleave_delta'])).toBeGreaterThan(3_000);
});
