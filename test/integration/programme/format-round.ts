import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { factsSchema } from '../../../src/observe/probe/cache.ts';
import { decideCopy } from '../../../src/reconcile/playout/copy-decision.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { hostileSamples, type HostileSample } from '../../fixtures/hostile-samples.ts';
import { makeMedia } from '../../fixtures/media-maker.ts';
import { sampleFile, VISUAL_COLOUR, type MediaSample } from '../../fixtures/media-samples.ts';
import { decodeErrors } from '../../fixtures/picture.ts';
import {
  looks,
  loudness,
  meanLoudness,
  stepsOf,
  stretches,
  type Step,
  type Stretch,
} from '../../fixtures/recording.ts';
import { MACHINE_PAUSE_MS } from '../../fixtures/room.ts';
import type { SinkSession } from '../../fixtures/rtmp-sink.ts';
import { arrivalGaps, mediaGaps } from '../../fixtures/stream-analysis.ts';
import { currentSession, openStudio, recordingOf, SLATE, videoAdvances, type Studio } from '../studio.ts';
import { recordMedia, type MediaRow } from './media-table.ts';

/** Time for the daemon to begin in. */
const BEGIN = 'begin.mp4';
const END = 'end.mp4';
/** A frame of picture, and at a join of unlike items no more than 50 ms beyond it. */
const LONGEST_STEP_S = 1 / 30 + 0.05;
/** As `docs/media.md` says. */
const FORMAT = { width: 640, height: 360, fps: 30, videoBitrateKbps: 800 };
const SIZE = `${FORMAT.width}x${FORMAT.height}`;

/** Everything that was seen of one round, gathered once: the tests below each judge a part of it. */
interface Round {
  readonly session: SinkSession;
  readonly shown: readonly Stretch[];
  readonly loud: readonly number[];
  readonly steps: Readonly<Record<'video' | 'audio', readonly Step[]>>;
  /** As `/health` said while the item was on air. */
  readonly modes: ReadonlyMap<string, string | null>;
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  /** The last message, which names all that cannot be played. */
  readonly complaint: string;
  readonly status: string;
  readonly sessions: number;
  readonly publishers: number;
}

/**
 * Tests that play these samples in turn in one session, and judge of each what the ingest recorded; `recorded` keeps the
 * figures for `docs/media.md`.
 */
export function judgeOneRound(samples: readonly MediaSample[], recorded: boolean): void {
  let studio: Studio | undefined;
  let stranger: Server;
  let hostile: HostileSample[];
  let round: Round | undefined;
  const asked: string[] = [];

  beforeAll(async () => {
    stranger = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('no');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const secret = await makeMedia({ name: 'secret', color: 'orange', container: 'ts', size: '640x360' });
    hostile = await hostileSamples(secret, `http://127.0.0.1:${port}`);
    for (const sample of samples) await sampleFile(sample);
  }, 280_000);

  afterAll(async () => {
    try {
      if (recorded && round !== undefined) await recordMedia([...samples.map(formatRow), ...hostile.map(refusedRow)]);
    } finally {
      stranger.closeAllConnections();
      await new Promise((resolve) => stranger.close(resolve));
      await studio?.close();
    }
  });

  async function playOneRound(): Promise<Round> {
    // One of an attempt that failed.
    await studio?.close();
    studio = await openStudio();
    for (const sample of samples) studio.store.putFile('media', sample.key, await sampleFile(sample));
    for (const { key, bytes } of hostile) studio.store.put('media', key, bytes);
    await studio.upload('visual.png', { color: VISUAL_COLOUR, container: 'png', size: SIZE });
    await studio.upload(BEGIN, { color: 'gray', seconds: 8, size: SIZE });
    await studio.upload(END, { color: 'white', seconds: 60, size: SIZE });
    // One that cannot be played behind each of the first that can.
    const keys = samples.flatMap(({ key }, i) => [key, ...(hostile[i] === undefined ? [] : [hostile[i].key])]);
    studio.wish({ media: JSON.stringify([BEGIN, ...keys, END]), visual: 'visual.png', resolution: SIZE });
    const daemon = await studio.start();
    const modes = new Map<string, string | null>();
    const last = await eventually(
      async () => {
        const report = await daemon.health();
        const { playout } = report;
        if (playout?.item !== undefined && playout.item !== null) modes.set(playout.item, playout.mode);
        if (playout?.item !== END) throw new Error(`${playout?.item} is on air`);
        return report;
      },
      { timeoutMs: 90_000 + samples.length * 8_000, everyMs: 100, what: 'the end of the round' },
    );
    const session = currentSession(studio.sink);
    await videoAdvances(session, 3000);
    const file = recordingOf(session);
    const { items } = JSON.parse(readFileSync(join(studio.stateDir, 'probes.json'), 'utf8')) as { items: unknown[] };
    const facts = items.map((item) => factsSchema.parse(item));
    return {
      session,
      // On a machine that is busy otherwise the slate may stand in for a moment.
      shown: stretches((await looks(file)).filter(({ middle }) => middle !== SLATE)),
      loud: await loudness(file),
      steps: { video: await stepsOf(file, 'v'), audio: await stepsOf(file, 'a') },
      modes,
      reasons: new Map(facts.map((known) => [known.key, decideCopy(known, FORMAT, 'auto').reasons])),
      complaint: last.message,
      status: last.status,
      sessions: studio.sink.sessions.length,
      publishers: studio.sink.maxConcurrentPublishers,
    };
  }

  const seen = (): Round => {
    if (round === undefined) throw new Error('nothing was played');
    return round;
  };

  /** The stretches of colour in turn belong to the samples in turn. */
  const stretchOf = (sample: MediaSample): Stretch => {
    const found = seen().shown[samples.indexOf(sample) + 1];
    if (found === undefined) throw new Error(`the ingest saw ${seen().shown.length} stretches of colour only`);
    return found;
  };

  test(
    'all of them are played, in order, in one session whose times only go forward, without a hole',
    { timeout: 480_000 },
    async () => {
      round = await playOneRound();
      const { session, shown } = round;
      const colours = samples.map(({ picture }) => picture.middle);
      expect(shown.map(({ colour }) => colour)).toEqual(['gray', ...colours, 'white']);
      expect(round).toMatchObject({ sessions: 1, publishers: 1 });
      for (const kind of ['video', 'audio'] as const) {
        expect(mediaGaps(session, kind, Infinity)).toEqual([]);
        // What the container does not tell the length of ends with a picture that stands for a moment without sound.
        const held = samples.filter(({ lengthTold }) => lengthTold === false).map(stretchOf);
        const holes = seen().steps[kind].filter(
          ({ atS, stepS }) => stepS > LONGEST_STEP_S && !held.some(({ fromS, toS }) => atS > fromS && atS < toS + 0.5),
        );
        expect({ kind, holes }).toEqual({ kind, holes: [] });
      }
      expect(arrivalGaps(session, MACHINE_PAUSE_MS)).toEqual([]);
    },
  );

  describe.each(samples)('$key: $what', (sample) => {
    test('is copied or encoded as it should be, with the reason', () => {
      expect(seen().modes.get(sample.key)).toBe(sample.mode);
      const reasons = seen().reasons.get(sample.key) ?? [];
      if (sample.reason === undefined) expect(reasons).toEqual([]);
      else expect(reasons.join('; ')).toContain(sample.reason);
    });

    test('is seen and heard as it should be, for as long as it is', () => {
      const { look, fromS, toS } = stretchOf(sample);
      const { middle, left = middle, top = middle } = sample.picture;
      expect(look).toMatchObject({ middle, left, top });
      expect(Math.abs(toS - fromS - sample.seconds)).toBeLessThan(sample.lengthTold === false ? 1 : 0.35);
      const loudnessOf = meanLoudness(seen().loud, fromS + 0.3, toS - 0.3);
      if (sample.sound) expect(loudnessOf).toBeGreaterThan(0.1);
      else expect(loudnessOf).toBeLessThan(0.01);
    });
  });

  test('what cannot be played is named in /health, and skipped', () => {
    expect(seen().status).toBe('degraded');
    for (const { key } of hostile) expect(seen().complaint).toContain(JSON.stringify(key));
  });

  test('nobody was asked for anything but the store', () => {
    expect(asked).toEqual([]);
  });

  test('the ingest can decode all of it', async () => {
    expect(await decodeErrors(recordingOf(seen().session))).toEqual([]);
  });

  function formatRow(sample: MediaSample, order: number): MediaRow {
    const { key, what, mode } = sample;
    const { look, fromS, toS } = stretchOf(sample);
    const colours = [...new Set([look.middle, look.left, look.top])];
    const sound = meanLoudness(seen().loud, fromS + 0.3, toS - 0.3) > 0.1 ? 'sound' : 'silence';
    const longestS = Math.max(
      ...seen()
        .steps.video.filter(({ atS }) => atS > fromS && atS <= toS + 0.1)
        .map(({ stepS }) => stepS),
    );
    const picture = colours.length === 1 ? colours[0] : `${colours[0]} between ${colours[1]} bars`;
    const view = `${(toS - fromS).toFixed(1)} s of ${picture}, ${sound}, longest step ${Math.round(longestS * 1000)} ms`;
    const why = (seen().reasons.get(key) ?? []).join('; ');
    return { section: 'formats', order, cells: [`\`${key}\``, what, seen().modes.get(key) ?? mode, why, view] };
  }

  function refusedRow({ key, what }: HostileSample, order: number): MediaRow {
    const said =
      seen()
        .complaint.split('; ')
        .find((message) => message.includes(JSON.stringify(key))) ?? '';
    return { section: 'refused', order, cells: [`\`${key}\``, what, said] };
  }
}
