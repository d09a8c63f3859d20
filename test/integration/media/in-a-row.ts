import { HOUSE_AUDIO } from '../../../src/reconcile/playout/house-format.ts';
import { makeClapper } from '../../fixtures/clapper.ts';
import type { FieldFile } from '../../fixtures/field-files.ts';
import { claps, type PictureAverages, pictureAverages } from '../../fixtures/recording.ts';
import type { RtmpSink, SinkSession } from '../../fixtures/rtmp-sink.ts';
import { framesOf } from '../../fixtures/stream-analysis.ts';
import { playoutOf, publish } from '../raw-pipeline.ts';
import { asItem, inspected, probed, treatmentOf } from './probed.ts';

/** What the ingest saw of one file, seconds. */
export interface Seen {
  /** The longest steps between time stamps at and within it. */
  readonly pictureGapS: number;
  readonly soundGapS: number;
  /** How far its own flashes and beeps are apart, where it has both. */
  readonly offsetWithinS: number;
  /** The same of the clip behind it. */
  readonly offsetAfterS: number;
  readonly lengthS: number;
  /** How much longer its frames of sound are than the time they are sent for. */
  readonly soundSurplusS: number;
}

/** What became of a file. */
export interface Found {
  readonly file: FieldFile;
  readonly verdict: string;
  /** null: nothing of it was sent. */
  readonly seen: Seen | null;
}

/**
 * Plays the files one after the other in one session, each between two clips that flash and beep: decided and built by
 * what the daemon has, but as fast as it goes.
 */
export async function playInARow(
  sink: RtmpSink,
  files: readonly FieldFile[],
): Promise<{ readonly session: SinkSession; readonly found: readonly Found[] }> {
  const clapper = await makeClapper({ seconds: CLAPPER_S, background: GREEN });
  const clap = await playoutOf(asItem(await probed(clapper)), clapper);
  const sent: { readonly file: FieldFile; readonly verdict: string; readonly bytes: Buffer | null }[] = [];
  for (const file of files) sent.push({ file, ...(await madeOf(file.path)) });
  const bytes = sent.flatMap((part) => (part.bytes === null ? [] : [part.bytes, clap]));
  const { exitCode, session } = await publish(sink, Buffer.concat([clap, ...bytes]));
  if (exitCode !== 0) throw new Error(`the uplink ended with ${exitCode}`);
  const seen = (await seenBetweenClips(session)).values();
  const found = sent.map(({ file, verdict, bytes: own }) => ({
    file,
    verdict,
    seen: own === null ? null : (seen.next().value ?? NOTHING),
  }));
  return { session, found };
}

export const CLAPPER_S = 2;
/** No file of these tests and no slate is green all over. */
const GREEN = 'green';
const NOTHING: Seen = {
  pictureGapS: Infinity,
  soundGapS: Infinity,
  offsetWithinS: Infinity,
  offsetAfterS: Infinity,
  lengthS: 0,
  soundSurplusS: 0,
};

/** What the item's playout writes, decided and built as the daemon does it. */
async function madeOf(path: string): Promise<{ readonly verdict: string; readonly bytes: Buffer | null }> {
  const facts = await inspected(path);
  if (facts.kind === 'failed') return { verdict: facts.failure.message.replace(`"${path}" `, ''), bytes: null };
  const item = asItem(facts.value);
  const bytes = await playoutOf(item, path).catch(() => null);
  return { verdict: bytes === null ? 'FFmpeg makes nothing of it' : treatmentOf(item), bytes };
}

/** What a viewer does not notice; ITU-R BT.1359 has 45 ms. */
const TOGETHER_S = 0.04;
const LONGEST_GAP_S = 0.3;
const LENGTH_OFF_S = 0.3;

/** Files that were not played whole, without a gap and leaving what follows together, though they should have been. */
export const faultsIn = (found: readonly Found[]): readonly Found[] =>
  found.filter(({ file, seen }) =>
    seen === null || file.seconds === null
      ? seen !== file.seconds
      : !(
          Math.max(seen.pictureGapS, seen.soundGapS) <= LONGEST_GAP_S &&
          Math.max(seen.offsetWithinS, seen.offsetAfterS) <= TOGETHER_S &&
          Math.abs(seen.lengthS - file.seconds) <= LENGTH_OFF_S &&
          seen.soundSurplusS <= LENGTH_OFF_S
        ),
  );

/** A flash under silence has no beep near it. */
const HEARD_S = 0.5;

/** A stretch of the recording, seconds. */
interface Stretch {
  readonly fromS: number;
  readonly toS: number;
}

/** What was seen of each item that stands between two green clips, in turn. */
export async function seenBetweenClips(session: SinkSession): Promise<Seen[]> {
  const file = session.file ?? '';
  const pictures = await pictureAverages(file);
  const clips = greenStretches(pictures);
  const heard = await claps(file, pictures);
  return clips.slice(1).map((after, i) => {
    const item = { fromS: clips[i]?.toS ?? 0, toS: after.fromS };
    const lagsIn = ({ fromS, toS }: Stretch): number[] =>
      heard.filter(({ seenS }) => seenS >= fromS && seenS < toS).map(({ soundLagS }) => Math.abs(soundLagS));
    const afterS = lagsIn(after);
    return {
      pictureGapS: longestStepS(session, 'video', item),
      soundGapS: longestStepS(session, 'audio', item),
      offsetWithinS: Math.max(0, ...lagsIn(item).filter((lagS) => lagS < HEARD_S)),
      offsetAfterS: afterS.length === 0 ? Infinity : Math.max(...afterS),
      lengthS: item.toS - item.fromS,
      soundSurplusS: timesIn(session, 'audio', item).length * SOUND_FRAME_S - (item.toS - item.fromS),
    };
  });
}

/** A frame of AAC has 1,024 samples. */
const SOUND_FRAME_S = 1_024 / HOUSE_AUDIO.sampleRateHz;

/** Time stamps and what is presented by them are apart by a few frames. */
const NEAR_S = 0.5;

function longestStepS(session: SinkSession, kind: 'video' | 'audio', { fromS, toS }: Stretch): number {
  const timesS = timesIn(session, kind, { fromS: fromS - NEAR_S, toS: toS + NEAR_S });
  return timesS.reduce((longest, atS, i) => Math.max(longest, Math.abs(atS - (timesS[i - 1] ?? atS))), 0);
}

function timesIn(session: SinkSession, kind: 'video' | 'audio', { fromS, toS }: Stretch): readonly number[] {
  return framesOf(session, kind)
    .map(({ timestampMs }) => timestampMs / 1000)
    .filter((atS) => atS > fromS && atS < toS);
}

const FRAME_S = 1 / 30;
/** A clip is green but for its flash. */
const FLASH_S = 0.2;
/** Neither blue nor red, of 255. */
const AT_MOST_CHROMA = 105;

function greenStretches(pictures: readonly PictureAverages[]): Stretch[] {
  const found: { fromS: number; toS: number }[] = [];
  for (const { atS, u, v } of pictures) {
    if (Math.max(u, v) > AT_MOST_CHROMA) continue;
    const last = found.at(-1);
    if (last !== undefined && atS - last.toS < FLASH_S) last.toS = atS + FRAME_S;
    else found.push({ fromS: atS, toS: atS + FRAME_S });
  }
  return found;
}
