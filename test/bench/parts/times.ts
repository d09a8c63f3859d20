import type { Figures } from '../report/figures.ts';
import { spread } from '../report/figures.ts';
import { type Part, ROUNDS } from '../part.ts';
import { COPY, ended, looped, startRaw } from '../stage/raw.ts';
import { OFF, ON_A, ON_B, openScene, type Scene } from '../stage/scene.ts';
import { startSubject, type Subject, writeDesired } from '../stage/subject.ts';
import { closedAtMs, firstFrameAtMs, keyframeOf, longestPauseMs, pause, reaches } from '../measure/waiting.ts';

/** How long it takes from what the operator does to what the ingest sees. */
export const times: Part = {
  title: 'Start, stop, swap, adoption',
  about:
    'From what the operator does to what the ingest sees of it: 720p30 of 2.5 Mbit/s, copied. Raw FFmpeg is ' +
    '`ffmpeg -re -stream_loop -1 -c copy` of the same object, started, ended by SIGTERM, or started anew with the other object.',
  run: async (dir) => {
    const scene = await openScene(dir);
    try {
      const first = await starts(scene);
      const edits = await onAndOff(scene);
      const swapped = await swaps(scene);
      const adopted = await adoptions(scene);
      return figures({ ...first, ...edits, ...swapped, ...adopted });
    } finally {
      await scene.close();
    }
  },
};

interface Times {
  readonly passMs: readonly number[];
  readonly answerMs: readonly number[];
  readonly onMs: readonly number[];
  readonly rawOnMs: readonly number[];
  readonly offMs: readonly number[];
  readonly rawOffMs: readonly number[];
  readonly swapMs: readonly number[];
  readonly rawSwapMs: readonly number[];
  readonly swapSessions: number;
  readonly swapPauseMs: number;
  readonly adoptMs: readonly number[];
  readonly adoptPauseMs: readonly number[];
}

async function starts({ place }: Scene): Promise<Pick<Times, 'passMs' | 'answerMs'>> {
  const [passMs, answerMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const subject = startSubject(place);
    passMs.push((await subject.firstPassAtMs) - subject.spawnedAtMs);
    answerMs.push((await subject.answersAtMs) - subject.spawnedAtMs);
    await subject.stop();
  }
  return { passMs, answerMs };
}

async function onAndOff(scene: Scene): Promise<Pick<Times, 'onMs' | 'rawOnMs' | 'offMs' | 'rawOffMs' | 'rawSwapMs'>> {
  const { place, sink } = scene;
  const [onMs, offMs, rawOnMs, rawOffMs, rawSwapMs]: number[][] = [[], [], [], [], []];
  const subject = startSubject(place);
  await subject.answersAtMs;
  for (let round = 0; round < ROUNDS; round += 1) {
    const raw = await rawRound(scene);
    rawOnMs!.push(raw.onMs);
    rawOffMs!.push(raw.offMs);
    rawSwapMs!.push(raw.swapMs);
    const known = sink.sessions.length;
    const onAtMs = writeDesired(place.dir, ON_A);
    onMs!.push((await firstFrameAtMs(sink, known)) - onAtMs);
    await reaches(place.healthPort, 'live');
    const session = sink.sessions.at(-1)!;
    const offAtMs = writeDesired(place.dir, OFF);
    offMs!.push((await closedAtMs(session)) - offAtMs);
    await reaches(place.healthPort, 'stopped');
  }
  await subject.stop();
  return { onMs: onMs!, offMs: offMs!, rawOnMs: rawOnMs!, rawOffMs: rawOffMs!, rawSwapMs: rawSwapMs! };
}

/** On, changed to the other object as one has to, off. */
async function rawRound({ sink, signed }: Scene): Promise<{ onMs: number; swapMs: number; offMs: number }> {
  const [a, b] = [await signed('a.mp4'), await signed('b.mp4')];
  const known = sink.sessions.length;
  const startedAtMs = performance.now();
  const first = startRaw(looped(a), COPY, `${sink.url}/raw`);
  const onMs = (await firstFrameAtMs(sink, known)) - startedAtMs;
  await pause(1_000);
  const editedAtMs = performance.now();
  await ended(first, 'SIGTERM');
  const second = startRaw(looped(b), COPY, `${sink.url}/raw`);
  const swapMs = (await firstFrameAtMs(sink, known + 1)) - editedAtMs;
  await pause(1_000);
  const offAtMs = performance.now();
  second.kill('SIGTERM');
  const offMs = (await closedAtMs(sink.sessions[known + 1]!)) - offAtMs;
  await ended(second);
  return { onMs, swapMs, offMs };
}

async function swaps({ place, sink }: Scene): Promise<Pick<Times, 'swapMs' | 'swapSessions' | 'swapPauseMs'>> {
  writeDesired(place.dir, ON_A);
  const known = sink.sessions.length;
  const subject = startSubject(place);
  await firstFrameAtMs(sink, known);
  await reaches(place.healthPort, 'live');
  await pause(3_000);
  const beganAtMs = performance.now();
  const swapMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const toB = round % 2 === 0;
    const editAtMs = writeDesired(place.dir, toB ? ON_B : ON_A);
    swapMs.push((await keyframeOf(sink.sessions.at(-1)!, toB, editAtMs)) - editAtMs);
    await reaches(place.healthPort, 'live');
    await pause(3_000);
  }
  const swapPauseMs = longestPauseMs(sink, beganAtMs);
  await subject.stop();
  return { swapMs, swapSessions: sink.sessions.length - known, swapPauseMs };
}

/** The daemon is killed, and another started at once, as systemd does. */
async function adoptions({ place, sink }: Scene): Promise<Pick<Times, 'adoptMs' | 'adoptPauseMs'>> {
  writeDesired(place.dir, ON_A);
  const [adoptMs, adoptPauseMs]: [number[], number[]] = [[], []];
  const known = sink.sessions.length;
  let subject: Subject = startSubject(place);
  await firstFrameAtMs(sink, known);
  for (let round = 0; round < ROUNDS; round += 1) {
    await reaches(place.healthPort, 'live');
    await pause(2_000);
    const killedAtMs = performance.now();
    await ended(subject.child);
    subject = startSubject(place);
    await subject.answersAtMs;
    await reaches(place.healthPort, 'live', 5);
    adoptMs.push(performance.now() - killedAtMs);
    await pause(500);
    adoptPauseMs.push(longestPauseMs(sink, killedAtMs));
  }
  await subject.stop();
  return { adoptMs, adoptPauseMs };
}

function figures(measured: Times): Figures {
  const { passMs, answerMs, onMs, rawOnMs, offMs, rawOffMs, swapMs, rawSwapMs, adoptMs, adoptPauseMs } = measured;
  const ms = (values: readonly number[]): string => spread(values, 'ms');
  const rows = [
    ['daemon: process start to first pass', ms(passMs), ''],
    ['daemon: process start to `/health` answering', ms(answerMs), ''],
    ['start: `running: true` to first video byte at the ingest', ms(onMs), ms(rawOnMs)],
    ['stop: `running: false` to session closed', ms(offMs), ms(rawOffMs)],
    ['swap: `media:` edited to first picture of the other object', ms(swapMs), `${ms(rawSwapMs)}, by another session`],
    [`longest pause at the ingest over ${swapMs.length} swaps`, ms([measured.swapPauseMs]), ''],
    ['sessions used for that', String(measured.swapSessions), String(1 + swapMs.length)],
    ['adoption: daemon killed (SIGKILL) to the next one’s `live`', ms(adoptMs), 'nobody adopts'],
    ['longest pause at the ingest meanwhile', ms(adoptPauseMs), ''],
  ];
  return {
    tables: [{ title: 'Times', columns: ['', 'Stream Controller', 'raw FFmpeg'], rows }],
    plots: [],
    notes: [],
  };
}
