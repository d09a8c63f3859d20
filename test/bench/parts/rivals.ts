import { join } from 'node:path';
import { runTool } from '../../fixtures/run-tool.ts';
import { type Contender, liquidsoapContender, loopContender, ourContender, rawContender } from '../stage/contenders.ts';
import type { Figures, Table } from '../report/figures.ts';
import { type Outage, outage } from '../measure/outage.ts';
import type { Part } from '../part.ts';
import { openScene, type Scene } from '../stage/scene.ts';
import { keyframeOf, pause } from '../measure/waiting.ts';

/** What becomes of the stream when something breaks, beside what else people run. */
export const rivals: Part = {
  title: 'Faults, beside what else people run',
  about:
    'All stream the same object at the same time, copied, each to an ingest and from a store of its own that fail for all at ' +
    'the same moment: FFmpeg alone (`ffmpeg -re -stream_loop -1 -c copy`); the same in a shell loop with a pause of 2 s; Liquidsoap ' +
    'with a playlist it watches (`output.url`, `%ffmpeg(%audio.copy, %video.copy)`); and Stream Controller. Off air is the time in which no ' +
    'picture arrived for more than 0.3 s; who was still off air at the end was started anew by hand before the next fault.',
  run: async (dir) => {
    const names = ['raw', 'loop', 'ours', 'liquidsoap'];
    const scenes = await Promise.all(names.map((name) => openScene(join(dir, name))));
    const version = await liquidsoapVersion();
    const contenders = contendersOf(scenes, dir, version !== null);
    try {
      for (const contender of contenders) await contender.start();
      const broken: Broken[] = [];
      for (const fault of FAULTS) broken.push({ fault, outages: await breakAll(contenders, fault) });
      const edits = await editAll(contenders);
      for (const contender of contenders) await contender.stop();
      return figures(contenders, broken, edits, version);
    } finally {
      for (const scene of scenes) await scene.close();
    }
  },
};

function contendersOf(
  [raw, loop, ours, liquidsoap]: readonly Scene[],
  dir: string,
  withLiquidsoap: boolean,
): Contender[] {
  return [
    rawContender(raw!),
    loopContender(loop!, join(dir, 'loop')),
    ...(withLiquidsoap ? [liquidsoapContender(liquidsoap!, join(dir, 'liquidsoap'))] : []),
    ourContender(ours!),
  ];
}

interface Fault {
  readonly title: string;
  readonly strike: (contender: Contender) => Promise<void>;
  readonly watchS: number;
}

const FAULTS: readonly Fault[] = [
  {
    title: 'the ingest closes the connection',
    strike: async ({ scene }) => scene.sink.dropAll(),
    watchS: 20,
  },
  {
    title: 'the ingest hangs; new connections are served',
    strike: ({ scene }) => scene.sink.hangAll(),
    watchS: 30,
  },
  {
    title: 'the process that sends is killed',
    strike: (contender) => contender.killSender(),
    watchS: 20,
  },
  {
    title: 'the store is down for 15 s',
    strike: async ({ scene }) => {
      await scene.store.down();
      await pause(15_000);
      await scene.store.up();
    },
    watchS: 35,
  },
];
/** An item is 40 s long: who plays it to its end before it turns to the other has done so by then. */
const EDIT_WATCH_S = 45;
/** Liquidsoap takes ten seconds to start; a healthy run of an uplink is one of 11 s. */
const SETTLE_MS = 12_000;
const START_LIMIT_MS = 60_000;

interface Broken {
  readonly fault: Fault;
  readonly outages: readonly Outage[];
}

async function breakAll(contenders: readonly Contender[], { strike, watchS }: Fault): Promise<readonly Outage[]> {
  await allOnAir(contenders);
  const fromMs = performance.now();
  await Promise.all([pause(watchS * 1_000), ...contenders.map((contender) => strike(contender))]);
  return contenders.map(({ scene }) => outage(scene.sink, fromMs, performance.now()));
}

interface Edit {
  /** null = not within the time that was watched. */
  readonly pictureMs: number | null;
  readonly outage: Outage;
}

async function editAll(contenders: readonly Contender[]): Promise<readonly Edit[]> {
  await allOnAir(contenders);
  const fromMs = performance.now();
  await Promise.all([pause(EDIT_WATCH_S * 1_000), ...contenders.map((contender) => contender.edit())]);
  return Promise.all(
    contenders.map(async ({ scene }) => {
      const keyframes = await Promise.all(
        scene.sink.sessions
          .filter(({ closedAtMs }) => closedAtMs === null || closedAtMs > fromMs)
          .map((session) => keyframeOf(session, true, fromMs, 1_000).catch(() => Infinity)),
      );
      const firstMs = Math.min(...keyframes) - fromMs;
      return {
        pictureMs: Number.isFinite(firstMs) ? firstMs : null,
        outage: outage(scene.sink, fromMs, performance.now()),
      };
    }),
  );
}

/** Starts those anew that are off air, and waits until all have been on air for a while. One that never is stays as it is. */
async function allOnAir(contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) {
    if (isOnAir(contender) || contender.scene.sink.sessions.length === 0) continue;
    await contender.stop();
    await contender.start();
  }
  for (const endMs = performance.now() + START_LIMIT_MS; performance.now() < endMs; await pause(250)) {
    if (contenders.every(isOnAir)) break;
  }
  await pause(SETTLE_MS);
}

const isOnAir = ({ scene }: Contender): boolean =>
  outage(scene.sink, performance.now() - 3_000, performance.now()).onAir;

function figures(
  contenders: readonly Contender[],
  broken: readonly Broken[],
  edits: readonly Edit[],
  version: string | null,
): Figures {
  const names = contenders.map(({ name }) => name);
  const faults: Table = {
    title: 'Seconds off air, new sessions, and who heals it',
    columns: ['fault', ...names],
    rows: broken.map(({ fault, outages }) => [
      `${fault.title} (${fault.watchS} s watched)`,
      ...outages.map((seen) => outageText(seen)),
    ]),
  };
  const edited: Table = {
    title: `The media edited (${EDIT_WATCH_S} s watched)`,
    columns: ['', ...names],
    rows: [
      ['how', ...names.map((name) => HOW_TO_EDIT[name] ?? '')],
      ['first picture of the other object', ...edits.map(({ pictureMs }) => secondsText(pictureMs))],
      ['off air', ...edits.map(({ outage: { offAirMs } }) => secondsText(offAirMs))],
      ['new sessions', ...edits.map(({ outage: { newSessions } }) => String(newSessions))],
    ],
  };
  const plot = {
    name: 'off-air',
    title: 'Seconds off air by fault',
    unit: 's',
    series: names,
    groups: broken.map(({ fault, outages }) => ({
      label: fault.title,
      values: outages.map(({ offAirMs }) => offAirMs / 1_000),
    })),
  };
  const told = version ?? 'Liquidsoap is not installed on this machine (`apt-get install liquidsoap`): it is left out.';
  return { tables: [faults, edited], plots: [plot], notes: [told] };
}

const HOW_TO_EDIT: Readonly<Record<string, string>> = {
  'raw FFmpeg': 'ended and started by hand',
  'FFmpeg in a loop': 'address changed, FFmpeg killed',
  Liquidsoap: 'playlist edited',
  'Stream Controller': 'desired.yaml edited',
};

const secondsText = (ms: number | null): string => (ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`);

function outageText({ offAirMs, slateMs, newSessions, onAir }: Outage): string {
  const slate = slateMs > 0 ? [`slate ${secondsText(slateMs)}`] : [];
  const healed = offAirMs === 0 ? 'nothing to heal' : onAir ? 'heals itself' : 'nobody: started by hand';
  return [secondsText(offAirMs), ...slate, `${newSessions} new`, healed].join(', ');
}

/** Its first line; null = it is not installed, or does not run. */
async function liquidsoapVersion(): Promise<string | null> {
  try {
    const { stdout } = await runTool('liquidsoap', ['--version']);
    return stdout.toString().split('\n', 1)[0]?.concat('.') ?? null;
  } catch {
    return null;
  }
}
