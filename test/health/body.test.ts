import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HealthBody, healthBody, httpStatusFor } from '../../src/health/body.ts';
import { NO_MEMORY } from '../../src/reconcile/model/memory.ts';
import type { Observation } from '../../src/reconcile/model/observation.ts';
import { plan } from '../../src/reconcile/plan.ts';
import type { Pass } from '../../src/reconcile/ports.ts';
import { arbitraryLooks } from '../reconcile/arbitrary-world.ts';
import {
  desiredInvalid,
  desiredMissing,
  holderIsSlate,
  holderPlays,
  mediaEdited,
  nothingRuns,
  runsUnknown,
  stopWished,
  storageDown,
  uplinkDead,
} from '../reconcile/mutations.ts';
import {
  factsOf,
  healthyWorld,
  mutate,
  type Mutation,
  planOf,
  playedAs,
  SETTINGS,
  SPEC,
  type TestWorld,
} from '../reconcile/world-builder.ts';

const AT_BEGIN = { round: 0, index: 0, key: 'rain.mp4', offsetMs: 0 };

const passOf = (world: TestWorld): Pass => ({
  observation: world.observation,
  plan: planOf(world),
  before: world.memory,
  now: world.now,
  results: [],
});
const report = (...mutations: readonly Mutation[]): HealthBody =>
  healthBody(passOf(mutate(healthyWorld(), ...mutations)), '1.2.3');

describe('healthReport', () => {
  it('tells the same beginning of an uplink at every pass, whatever the clocks are apart', () => {
    const world = healthyWorld();
    const first = healthBody(passOf(world), '1.2.3').uplink?.since;
    const now = { ...world.now, monoMs: world.now.monoMs + 1000, wallMs: world.now.wallMs + 1007 };
    const later = { ...world, memory: planOf(world).memory, now };
    expect(healthBody(passOf(later), '1.2.3').uplink?.since).toBe(first);
  });

  it('tells everything of a stream on air', () => {
    const { conditions, youtube, ...rest } = report();
    expect(youtube).toBeNull();
    expect(rest).toEqual({
      status: 'live',
      reason: 'OnAir',
      message: '"rain.mp4" is on air',
      since: '2026-01-02T03:04:05.000Z',
      observedAt: '2026-01-02T03:04:05.000Z',
      desired: { hash: 'aaaaaaaaaaaa', file: 'ok', error: null },
      applied: { hash: 'aaaaaaaaaaaa' },
      uplink: { pid: 101, since: '2026-01-02T01:24:05.000Z', progressAgeMs: 200, unackedMs: 0, pace: null },
      playout: {
        bufferedMs: 0,
        pid: 201,
        item: 'rain.mp4',
        positionMs: 59_497,
        durationMs: 600_000,
        mode: 'transcode',
        picture: 'transcode',
        sound: 'transcode',
        title: null,
        artist: null,
        progressAgeMs: 100,
      },
      next: { pid: 301, item: null },
      upcoming: { item: 'snow.mp4', inMs: 540_503, at: '2026-01-02T03:13:05.503Z' },
      restarts: { count: 0, lastReason: null, lastAt: null },
      onAirSeconds: { session: 0, total: 0 },
      version: '1.2.3',
    });
    expect(conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'DesiredAccepted True',
      'UplinkAcknowledged True',
      'ProgrammeOnAir True',
      'BroadcastCountable True',
      'StreamKeyHidden True',
      'ReservoirAtHand True',
    ]);
  });

  it('tells what follows a loop, a cut, an item whose length is not told, and the slate', () => {
    const sole = playedAs(factsOf('rain.mp4'), SPEC, AT_BEGIN, { urlTtlMs: SETTINGS.urlTtlMs, sole: true });
    const looped = [mediaEdited('rain.mp4'), holderPlays(sole, 1_500_000)];
    expect(report(...looped).upcoming).toMatchObject({ item: 'rain.mp4', inMs: 300_503 });
    const cut = playedAs(factsOf('rain.mp4'), SPEC, AT_BEGIN, { urlTtlMs: 400_000, sole: false });
    expect(report(holderPlays(cut)).upcoming).toMatchObject({ item: 'snow.mp4', inMs: 540_503 });
    const endless = playedAs(factsOf('rain.mp4', { durationS: null }), SPEC, AT_BEGIN, {
      urlTtlMs: SETTINGS.urlTtlMs,
      sole: false,
    });
    expect(report(holderPlays(endless)).upcoming).toEqual({ item: 'snow.mp4', inMs: null, at: null });
    expect(report(holderIsSlate).upcoming).toEqual({ item: 'rain.mp4', inMs: null, at: null });
    expect(report(storageDown).upcoming).toBeNull();
  });

  it('has null for what there is none of', () => {
    expect(report(nothingRuns)).toMatchObject({ uplink: null, playout: null, next: null, upcoming: null });
    expect(report(runsUnknown)).toMatchObject({ status: 'down', uplink: null, playout: null, next: null });
    expect(report(holderIsSlate)).toMatchObject({ playout: { item: null, positionMs: null, mode: null } });
  });

  it('names the place of every fault in a refused file, and both hashes', () => {
    expect(report(desiredInvalid)).toMatchObject({
      status: 'degraded',
      desired: {
        hash: 'cccccccccccc',
        file: 'invalid',
        error: expect.stringMatching(/^desired\.yaml:3:1: /) as string,
      },
      applied: { hash: 'aaaaaaaaaaaa' },
    });
    expect(report(desiredMissing).desired).toEqual({ hash: null, file: 'missing', error: 'there is no desired.yaml' });
  });

  it('says stopped, with 200, only once all is off air', () => {
    expect(report(stopWished).status).toBe('stopping');
    expect(report(stopWished, nothingRuns)).toMatchObject({ status: 'stopped', applied: { hash: 'bbbbbbbbbbbb' } });
  });

  it.each([
    ['live', 200],
    ['degraded', 200],
    ['stopped', 200],
    ['starting', 503],
    ['stopping', 503],
    ['down', 503],
  ] as const)('answers %s with %i', (status, code) => {
    expect(httpStatusFor(status)).toBe(code);
  });

  it('has the shape of the contract whatever is seen: words, times in UTC, one verdict', () => {
    fc.assert(
      fc.property(arbitraryLooks({ minLength: 1, maxLength: 4 }), (looks) => {
        for (const body of reportsOf(looks)) {
          expect(body.reason).toMatch(/^[A-Z][A-Za-z]+$/);
          expect(body.message).not.toBe('');
          const times = [body.since, body.uplink?.since, ...body.conditions.map((one) => one.lastTransitionTime)];
          for (const time of times) if (time !== undefined) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
          if (body.status === 'live') expect(body.uplink).not.toBeNull();
          expect(JSON.parse(JSON.stringify(body))).toEqual(body);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('shows neither the ingest with its key, nor the store, nor where the state lies', () => {
    const target = SETTINGS.target;
    fc.assert(
      fc.property(arbitraryLooks({ minLength: 1, maxLength: 4 }), (looks) => {
        for (const body of reportsOf(looks)) {
          const text = JSON.stringify(body);
          for (const hidden of [target?.keyDigest, target?.url, SETTINGS.stateId]) expect(text).not.toContain(hidden);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('moves the time of a condition only when its status changes', () => {
    const world = healthyWorld();
    const later = { ...world, now: { ...world.now, monoMs: world.now.monoMs + 400, wallMs: world.now.wallMs + 400 } };
    const transitions = (of: TestWorld): readonly string[] =>
      healthBody(passOf(of), '').conditions.map(({ lastTransitionTime }) => lastTransitionTime);
    expect(transitions(later)).toEqual(transitions(world));
    const [desired, uplink] = transitions(mutate(later, uplinkDead));
    expect(desired).toBe(transitions(world)[0]);
    expect(uplink).not.toBe(transitions(world)[1]);
  });
});

function reportsOf(
  looks: readonly { observation: Observation; intent: 'run' | 'stop'; now: Pass['now'] }[],
): HealthBody[] {
  let before = NO_MEMORY;
  return looks.map(({ observation, intent, now }) => {
    const made = plan({ ...SETTINGS, intent }, observation, before, now);
    const body = healthBody({ observation, plan: made, before, now, results: [] }, '1.2.3');
    before = made.memory;
    return body;
  });
}
