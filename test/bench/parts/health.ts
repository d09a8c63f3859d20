import { get } from 'node:http';
import { percentile } from '../report/figures.ts';
import { type Part } from '../part.ts';
import { ON_A, openScene } from '../stage/scene.ts';
import { startSubject, writeDesired } from '../stage/subject.ts';
import { longestPauseMs, pause, reaches } from '../measure/waiting.ts';
import { UsageMeter } from '../measure/usage.ts';

const PER_S = 1_000;
const SECONDS = 10;
const STEP_MS = 10;

/** What monitors that ask too much do to the daemon, and to the stream. */
export const health: Part = {
  title: '`/health` under load',
  about:
    `${PER_S} requests a second for ${SECONDS} s, each on a connection of its own, to a daemon that is live. The times are those of ` +
    'the one process that asks, serves the store and is the ingest.',
  run: async (dir) => {
    const scene = await openScene(dir);
    const { place, sink } = scene;
    try {
      writeDesired(place.dir, ON_A);
      const subject = startSubject(place);
      await subject.answersAtMs;
      await reaches(place.healthPort, 'live');
      await pause(5_000);
      const idle = await daemonShare(subject.child.pid!, () => pause(5_000));
      const beganAtMs = performance.now();
      const answers: Answer[] = [];
      const asked = await daemonShare(subject.child.pid!, async () => {
        answers.push(...(await ask(place.healthPort)));
      });
      const stream = longestPauseMs(sink, beganAtMs);
      await subject.stop();
      const took = answers.flatMap((answer) => (answer.kind === 'answered' ? [answer.tookMs] : []));
      const row = [
        String(took.length),
        String(answers.length - took.length),
        `${percentile(took, 0.5).toFixed(1)} ms`,
        `${percentile(took, 0.99).toFixed(1)} ms`,
        `${asked.toFixed(1)} %`,
        `${idle.toFixed(1)} %`,
        `${stream.toFixed(0)} ms`,
      ];
      const columns = [
        'answered',
        'refused or late',
        'p50',
        'p99',
        'daemon’s CPU',
        'unasked',
        'longest pause at the ingest',
      ];
      return { tables: [{ title: 'Answers', columns, rows: [row] }], plots: [], notes: ['CPU in per cent of a core.'] };
    } finally {
      await scene.close();
    }
  },
};

type Answer = { readonly kind: 'answered'; readonly tookMs: number } | { readonly kind: 'refused' };

/** Per cent of a core that the daemon uses meanwhile. */
async function daemonShare(pid: number, meanwhile: () => Promise<void>): Promise<number> {
  const meter = new UsageMeter(() => [pid]);
  const beganAtMs = performance.now();
  await meanwhile();
  return ((meter.cpuS() * 1000) / (performance.now() - beganAtMs)) * 100;
}

async function ask(port: number): Promise<readonly Answer[]> {
  const asked: Promise<Answer>[] = [];
  const beganAtMs = performance.now();
  while (asked.length < PER_S * SECONDS) {
    const due = Math.min(PER_S * SECONDS, ((performance.now() - beganAtMs) / 1000) * PER_S);
    while (asked.length < due) asked.push(askOnce(port));
    await pause(STEP_MS);
  }
  return Promise.all(asked);
}

function askOnce(port: number): Promise<Answer> {
  const askedAtMs = performance.now();
  return new Promise((resolve) => {
    const refused = (): void => resolve({ kind: 'refused' });
    const request = get({ port, host: '127.0.0.1', path: '/health', agent: false, timeout: 5_000 }, (response) => {
      response.once('error', refused);
      response.resume().once('end', () => resolve({ kind: 'answered', tookMs: performance.now() - askedAtMs }));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', refused);
  });
}
