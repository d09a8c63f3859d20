import type { ChildProcess } from 'node:child_process';
import { processesWithMarker } from '../../fixtures/workspace.ts';
import { median, spread } from '../report/figures.ts';
import { type Part, ROUNDS } from '../part.ts';
import { ended, looped, startRaw } from '../stage/raw.ts';
import { BUCKET, openScene, type Scene } from '../stage/scene.ts';
import { SERVER_RULE, smallestServer } from '../report/smallest-server.ts';
import { health, startSubject, writeDesired } from '../stage/subject.ts';
import { pssMb, UsageMeter } from '../measure/usage.ts';
import { firstFrameAtMs, pause, reaches } from '../measure/waiting.ts';
import { type Work, WORKS } from '../stage/works.ts';

const WINDOW_MS = Number(process.env['BENCH_WINDOW_S'] ?? 3) * 1_000;
const LOOK_EVERY_MS = 500;
/** Programme in memory with which the reservoir counts as full; it takes 20 s. */
const FULL_MS = 17_000;
/** How long it may take to be filled. */
const SETTLING_MS = 30_000;
/** How long it may take a clip to be made ready, and the next song to be on air. */
const MAKING_MS = 180_000;

/** What the kinds of media cost, beside a raw FFmpeg that does the same work at the same time. */
export const costs: Part = {
  title: 'Processor and memory',
  about:
    'Each kind of media while it is on air, its reservoir full, beside a raw FFmpeg (`-re -stream_loop -1`, same store, ingest, ' +
    'bitrate and preset) that does the same work at the same time. Processor time of all processes in per cent of a core, ' +
    `${ROUNDS} stretches of ${WINDOW_MS / 1_000} s; memory as PSS. The picture is FFmpeg’s \`testsrc2\`, the preset \`veryfast\`.`,
  run: async (dir) => {
    const scene = await openScene(dir);
    try {
      const costs: Cost[] = [];
      for (const work of WORKS) costs.push(await costOf(scene, work));
      return {
        tables: [processorTable(costs), memoryTable(costs)],
        plots: [
          {
            name: 'processor',
            title: 'Processor, in per cent of a core',
            unit: '%',
            series: ['raw FFmpeg', 'Stream Controller'],
            groups: costs.map(({ work, raw, daemon, rest }) => ({
              label: work.title,
              values: [median(raw), median(added(daemon, rest))],
            })),
          },
        ],
        notes: [SERVER_RULE, WHY_MORE_THAN_RAW],
      };
    } finally {
      await scene.close();
    }
  },
};

const WHY_MORE_THAN_RAW =
  'What is copied costs more than raw FFmpeg, by some 2 % of a core: the daemon takes 1 % whatever is on air, and the bytes pass the ' +
  'playout, its reservoir and the gate on their way to the uplink (0.35, 0.19 and 0.08 % at 2.5 Mbit/s, measured once).';

/** Per cent of a core, of each stretch; memory in MB. */
interface Cost {
  readonly work: Work;
  readonly raw: readonly number[];
  readonly daemon: readonly number[];
  readonly rest: readonly number[];
  readonly daemonMb: number;
  readonly restMb: number;
  readonly rawMb: number;
  /** What /health said was done to picture and sound. */
  readonly done: string;
}

async function costOf(scene: Scene, work: Work): Promise<Cost> {
  const { place, store, sink, marker } = scene;
  const { format } = work;
  for (const [key, file] of Object.entries(await work.files())) {
    store.putFile(BUCKET, key, file);
    for (let n = 1; n <= (work.more ?? 0); n += 1) store.putFile(BUCKET, key.replace('0', String(n)), file);
  }
  const house = `resolution: ${format.width}x${format.height}\nfps: ${format.fps}\nbitrate: ${format.videoBitrateKbps}k\n`;
  writeDesired(place.dir, `running: true\n${work.desired}\n${house}`);
  const subject = startSubject(place);
  let raw: ChildProcess | null = null;
  try {
    await subject.answersAtMs;
    await reaches(place.healthPort, 'live');
    await settled(place.healthPort, work);
    const known = sink.sessions.length;
    const inputs = await Promise.all(work.inputs.map(async (key) => looped(await scene.signed(key))));
    const streams = inputs.length > 1 ? ['-map', '0:v', '-map', '1:a'] : [];
    raw = startRaw(inputs.flat(), [...streams, ...work.raw], `${sink.url}/raw`);
    await firstFrameAtMs(sink, known);
    // Past its start.
    await pause(3_000);
    const [daemonPid, rawPid] = [subject.child.pid!, raw.pid!];
    const groups = [() => [daemonPid], () => processesWithMarker(marker), () => [rawPid]];
    const [daemon = [], rest = [], rawShare = []] = await sharesOf(groups);
    const { playout } = await health(place.healthPort);
    return {
      ...{ work, daemon, rest, raw: rawShare },
      daemonMb: pssMb([daemonPid]),
      restMb: pssMb(processesWithMarker(marker)),
      rawMb: pssMb([rawPid]),
      done: `${treatment(playout?.picture)} / ${treatment(playout?.sound)}`,
    };
  } finally {
    if (raw !== null) await ended(raw);
    await subject.stop();
  }
}

const treatment = (done: string | null | undefined): string => {
  if (done === 'copy') return 'copied';
  return done === 'transcode' ? 'encoded' : 'unknown';
};

/** Waits until the reservoir is full, of an item that is copied where that takes a while; no longer than is fair. */
async function settled(port: number, { copiedLater = false }: Work): Promise<void> {
  const limitMs = copiedLater ? MAKING_MS : SETTLING_MS;
  for (const endMs = performance.now() + limitMs; performance.now() < endMs; await pause(250)) {
    const { playout } = await health(port);
    const isFull = (playout?.bufferedMs ?? 0) >= FULL_MS;
    if (isFull && (!copiedLater || playout?.picture === 'copy')) break;
  }
  await pause(2_000);
}

/** Per cent of a core of each group in each stretch. */
async function sharesOf(groups: readonly (() => readonly number[])[]): Promise<readonly (readonly number[])[]> {
  const meters = groups.map((pids) => new UsageMeter(pids));
  const shares: number[][] = groups.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    const beganAtMs = performance.now();
    const before = meters.map((meter) => meter.cpuS());
    while (performance.now() - beganAtMs < WINDOW_MS) {
      await pause(LOOK_EVERY_MS);
      for (const meter of meters) meter.cpuS();
    }
    const seconds = (performance.now() - beganAtMs) / 1_000;
    meters.forEach((meter, i) => shares[i]!.push(((meter.cpuS() - before[i]!) / seconds) * 100));
  }
  return shares;
}

const added = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, i) => value + (b[i] ?? 0));

const processorTable = (costs: readonly Cost[]) => ({
  title: 'Processor',
  columns: ['media', 'picture / sound', 'raw FFmpeg', 'daemon', 'uplink and playout', 'all', 'times raw'],
  rows: costs.map(({ work, raw, daemon, rest, done }) => {
    const all = added(daemon, rest);
    const share = (values: readonly number[]): string => spread(values, '%', 1);
    return [
      work.title,
      done,
      share(raw),
      share(daemon),
      share(rest),
      share(all),
      (median(all) / median(raw)).toFixed(2),
    ];
  }),
});

const memoryTable = (costs: readonly Cost[]) => ({
  title: 'Memory, and the smallest server',
  columns: ['media', 'raw FFmpeg', 'daemon', 'uplink, playout and reservoir', 'all', 'smallest server'],
  rows: costs.map(({ work, daemon, rest, rawMb, daemonMb, restMb }) => {
    const mb = (value: number): string => `${value.toFixed(0)} MB`;
    const share = median(added(daemon, rest)) / 100;
    const allMb = daemonMb + restMb;
    return [work.title, mb(rawMb), mb(daemonMb), mb(restMb), mb(allMb), smallestServer(share, allMb)];
  }),
});
