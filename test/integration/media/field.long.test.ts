import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeClapper } from '../../fixtures/clapper.ts';
import { type FieldFile, makeFieldFiles } from '../../fixtures/field-files.ts';
import { makeOddFiles } from '../../fixtures/odd-files.ts';
import { claps } from '../../fixtures/recording.ts';
import { startRtmpSink, type RtmpSink } from '../../fixtures/rtmp-sink.ts';
import { framesOf, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { recordMedia } from '../programme/media-table.ts';
import { playoutOf, publish } from '../raw-pipeline.ts';
import { asItem, inspected, probed, treatmentOf } from './probed.ts';

const CLAPPER_S = 3;
const LONGEST_GAP_S = 0.3;
const TOGETHER_S = 0.04;
const LENGTH_OFF_S = 0.3;
/** FFmpeg's ADTS demuxer times what follows at another rate by the rate of the beginning, and a part of it is left out. */
const NOT_WHOLE = 'sound alone that changes to mono';

let workspace: Workspace;
let sink: RtmpSink;

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink({ recordDir: join(workspace.dir, 'recordings') });
});

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

/** What became of a file between two clips that flash and beep, in a session of its own. */
interface Found {
  readonly verdict: string;
  /** Seconds, as the ingest had them; null where nothing was to be seen of it. */
  readonly seen: Readonly<Record<'pictureGapS' | 'soundGapS' | 'offsetAfterS' | 'lengthS', number>> | null;
}

async function playBetween(clap: Buffer, { path }: FieldFile): Promise<Found> {
  const facts = await inspected(path);
  if (facts.kind === 'failed') return { verdict: facts.failure.message.replace(`"${path}" `, ''), seen: null };
  const item = asItem(facts.value);
  const bytes = await playoutOf(item, path).catch(() => null);
  if (bytes === null) return { verdict: 'FFmpeg makes nothing of it', seen: null };
  const { session } = await publish(sink, Buffer.concat([clap, bytes, clap]));
  const longestS = (kind: 'video' | 'audio'): number =>
    Math.max(0, ...mediaGaps(session, kind, 0).map(({ gapMs }) => Math.abs(gapMs))) / 1000;
  const endS = (framesOf(session, 'video').at(-1)?.timestampMs ?? 0) / 1000;
  const after = (await claps(session.file ?? '')).filter(({ seenS }) => seenS > endS - CLAPPER_S);
  return {
    verdict: treatmentOf(item),
    seen: {
      pictureGapS: longestS('video'),
      soundGapS: longestS('audio'),
      offsetAfterS: Math.max(...after.map(({ soundLagS }) => Math.abs(soundLagS))),
      lengthS: endS + 1 / 30 - 2 * CLAPPER_S,
    },
  };
}

test('each kind of odd file is played whole, without a gap, and leaves what follows together, or is refused', async () => {
  const clapper = await makeClapper({ seconds: CLAPPER_S });
  const clap = await playoutOf(asItem(await probed(clapper)), clapper);
  const files: readonly FieldFile[] = [
    ...(await makeOddFiles(workspace.dir)),
    ...(await makeFieldFiles(workspace.dir)),
  ];
  const faults: object[] = [];
  for (const [order, file] of files.entries()) {
    const { verdict, seen } = await playBetween(clap, file);
    const isWell =
      seen === null
        ? file.seconds === null
        : seen.pictureGapS <= LONGEST_GAP_S &&
          seen.soundGapS <= LONGEST_GAP_S &&
          seen.offsetAfterS <= TOGETHER_S &&
          (file.what === NOT_WHOLE || Math.abs(seen.lengthS - (file.seconds ?? 0)) <= LENGTH_OFF_S);
    if (!isWell) faults.push({ what: file.what, verdict, seen, seconds: file.seconds });
    const ms = (seconds: number | undefined): string =>
      seconds === undefined ? '' : `${Math.round(seconds * 1000)} ms`;
    const length = seen === null ? '' : `${seen.lengthS.toFixed(1)} of ${file.seconds?.toFixed(1)} s`;
    const cells = [file.what, verdict, ms(seen?.pictureGapS), ms(seen?.soundGapS), ms(seen?.offsetAfterS), length];
    await recordMedia([{ section: 'field', order, cells }]);
  }
  expect(faults).toEqual([]);
}, 900_000);
