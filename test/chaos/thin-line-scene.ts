import { execFileSync } from 'node:child_process';
import { HealthWatch, type Said } from './health-watch.ts';
import { type IngestView, viewSince } from './ingest-view.ts';
import { goOnAir, liveOn, openStage, videoAdvances } from './stage.ts';
import { eventually } from '../fixtures/eventually.ts';
import { framesOf } from '../fixtures/stream-analysis.ts';

/** What the scene tells on its last line of stdout, as JSON. */
export interface ThinLineResult {
  /** What `/health` said from the moment the line was thin, and the least pace it told. */
  readonly said: readonly Said[];
  readonly leastPace: number | null;
  /** Media seconds that arrived per second while the line was thin. */
  readonly arrivedPerSecond: number;
  /** From the line's being wide again to a session of its own, and to `live`. */
  readonly renewedMs: number;
  readonly liveMs: number;
  readonly view: IngestView;
}

/** So far behind viewers are before the line is wide again; from 30 s on that is never made up for unseen. */
const BEHIND_MS = 36_000;
const THIN_KBPS = 500;
/** More than the stream has, and too little to make up for what was held back within seconds. */
const WIDE_KBPS = 2200;

/** Plays within a network namespace of its own: what goes to the ingest's port is held to three tenths of the stream. */
async function play(): Promise<ThinLineResult> {
  const stage = await openStage({ record: false });
  try {
    await stage.upload('item.mp4', { pattern: 'testsrc2', seconds: 60, bitrateKbps: 1500, cbr: true });
    stage.wish({ media: 'item.mp4', bitrate: '1500k' });
    const { daemon } = await goOnAir(stage);
    await videoAdvances(stage.sink, 3_000);
    await liveOn(daemon);
    const shownMs = (): number => framesOf(stage.sink.sessions.at(-1)!, 'video').at(-1)?.timestampMs ?? 0;
    const atMs = performance.now();
    const fromMs = shownMs();
    holdTo(stage.sink.port, THIN_KBPS);
    const watch = new HealthWatch(daemon);
    await eventually(
      () => {
        const behindMs = performance.now() - atMs - (shownMs() - fromMs);
        if (behindMs < BEHIND_MS) throw new Error(`they are ${behindMs.toFixed(0)} ms behind`);
        if (watch.firstMs('UplinkTooThin') === null) throw new Error('nothing is told');
      },
      { timeoutMs: 120_000, everyMs: 100, what: 'viewers far behind, and a word of it' },
    );
    const arrivedPerSecond = (shownMs() - fromMs) / (performance.now() - atMs);
    widenTo(WIDE_KBPS);
    const wideAtMs = performance.now();
    await eventually(
      () => {
        if (stage.sink.sessions.length < 2) throw new Error('the session is the same');
      },
      { timeoutMs: 60_000, everyMs: 50, what: 'a session at the present' },
    );
    const renewedMs = performance.now() - wideAtMs;
    await liveOn(daemon);
    const liveMs = performance.now() - wideAtMs;
    await videoAdvances(stage.sink, 3_000);
    await watch.stop();
    const paces = watch.reports.flatMap(({ uplink }) => uplink?.pace ?? []);
    const leastPace = paces.length === 0 ? null : Math.min(...paces);
    return { said: watch.said, leastPace, arrivedPerSecond, renewedMs, liveMs, view: viewSince(stage.sink, atMs) };
  } finally {
    await stage.close();
  }
}

/** Whatever goes to this port passes at this rate; all else at once. */
function holdTo(port: number, kbps: number): void {
  tc('qdisc add dev lo root handle 1: htb default 10');
  tc('class add dev lo parent 1: classid 1:10 htb rate 10gbit');
  tc(`class add dev lo parent 1: classid 1:20 htb rate ${kbps}kbit burst 16k cburst 16k`);
  tc('qdisc add dev lo parent 1:20 handle 20: bfifo limit 400000');
  tc(`filter add dev lo parent 1: protocol ip u32 match ip dport ${port} 0xffff flowid 1:20`);
}

const widenTo = (kbps: number): void =>
  tc(`class change dev lo parent 1: classid 1:20 htb rate ${kbps}kbit burst 16k cburst 16k`);

const tc = (command: string): void => void execFileSync('tc', command.split(' '), { stdio: 'pipe' });

process.stdout.write(`${JSON.stringify(await play())}\n`);
