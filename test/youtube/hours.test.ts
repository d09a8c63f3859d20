import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../src/cli/report/calendar.ts';
import { hoursJson, hoursTexts } from '../../src/cli/report/youtube-hours.ts';
import { archiveOf, askHours } from '../../src/youtube/hours.ts';
import type { Video } from '../../src/reconcile/model/youtube/youtube.ts';
import { connected, failureIn, STREAM, valueOf, type Connected } from './connected.ts';

const HOUR_MS = 3_600_000;
const UTC = calendarOf('UTC')!;

/** A broadcast of our stream that was live for so long, and ended so long ago. */
function ended({ fake, nowMs }: Connected, title: string, hours: number, agoHours: number, more: object = {}): string {
  const endedAtMs = nowMs() - agoHours * HOUR_MS;
  const startedAtMs = endedAtMs - hours * HOUR_MS;
  fake.knobs.creationsADay = 10_000;
  const times = { createdAtMs: startedAtMs, startedAtMs, endedAtMs };
  return fake.studio.begin({ title, lifeCycle: 'complete', ...times, ...more }).id;
}

describe('the hours that YouTube can count', () => {
  it('are those of broadcasts of our stream whose video is public and whole', async () => {
    const all = await connected();
    const { youtube, fake, nowMs } = all;
    ended(all, 'Whole', 8, 30);
    ended(all, 'Too long', 13, 60);
    ended(all, 'Unlisted', 8, 90, { privacyStatus: 'unlisted' });
    ended(all, 'Just now', 8, 0.01);
    ended(all, 'Not recorded', 8, 120, { recordFromStart: false });
    ended(all, 'Of another stream', 8, 150, { boundStreamId: 'stream-9' });
    ended(all, 'Before the year', 8, 366 * 24);
    fake.studio.begin({ title: 'Live now' });
    const { archives, ...numbers } = valueOf(await askHours(youtube, STREAM, nowMs()));
    expect(archives.map(({ title, state, why }) => [title, state, why])).toEqual([
      ['Just now', 'awaited', null],
      ['Whole', 'whole', null],
      ['Too long', 'lost', 'longer than 12 hours, so no video was made of it'],
      ['Unlisted', 'lost', 'its video is unlisted'],
      ['Not recorded', 'lost', 'no video was made of it (uploaded)'],
    ]);
    expect(numbers).toEqual({ atMostMin: 0, wholeMin: 0, lostMin: 0, upToDay: null, why: null });
  });

  it('are at most what Analytics counted in a year but for Shorts, of that what was in whole archives', async () => {
    const all = await connected();
    const { youtube, fake, nowMs } = all;
    const whole = ended(all, 'Whole', 8, 30);
    const lost = ended(all, 'Too long', 13, 60);
    fake.world.watched.push(
      { day: '2026-11-20', content: 'LIVE_STREAM', minutes: 600, videoId: whole },
      { day: '2026-11-23', content: 'VIDEO_ON_DEMAND', minutes: 60, videoId: whole },
      { day: '2026-11-21', content: 'LIVE_STREAM', minutes: 120, videoId: lost },
      { day: '2026-11-22', content: 'SHORTS', minutes: 9_000 },
      { day: '2025-11-20', content: 'LIVE_STREAM', minutes: 9_000 },
    );
    const hours = valueOf(await askHours(youtube, STREAM, nowMs()));
    expect(hours).toMatchObject({ atMostMin: 780, wholeMin: 660, lostMin: 120, upToDay: '2026-11-23' });
    const texts = hoursTexts({ kind: 'ok', hours }, UTC).map((row) => row.join(' ').trim());
    expect(texts).toEqual([
      'YouTube counts at most 13 h in 365 d (YouTube is 2 to 3 days late: data up to 2026-11-23)',
      '11 h in 1 broadcast whose video is public and whole',
      'lost: 2 h in 1 broadcast:',
      expect.stringMatching(/Too long: longer than 12 hours/),
      "YouTube's own figure: Studio, Earn",
    ]);
    expect(texts.join()).not.toContain('%');
    expect(hoursJson({ kind: 'ok', hours })).toMatchObject({
      atMostMinutes: 780,
      archives: [{ title: 'Whole', state: 'whole' }, { title: 'Too long' }],
    });
  });

  it('are told by archives alone where Analytics refuses, and not at all where YouTube does not answer', async () => {
    const all = await connected();
    const { youtube, fake, nowMs } = all;
    ended(all, 'Whole', 8, 30);
    fake.fault = ({ name }) =>
      name === 'GET /v2/reports' ? { kind: 'refuse', status: 403, reason: 'insufficientPermissions' } : undefined;
    const hours = valueOf(await askHours(youtube, STREAM, nowMs()));
    expect(hours).toMatchObject({ atMostMin: null, wholeMin: null, archives: [{ state: 'whole' }] });
    expect(hoursTexts({ kind: 'ok', hours }, UTC)[0]?.[1]).toMatch(/^watch hours not known: the login may not do this/);
    fake.fault = () => ({ kind: 'html', status: 503 });
    const failure = failureIn(await askHours(youtube, STREAM, nowMs()));
    expect(hoursTexts({ kind: 'failed', why: failure.message }, UTC)).toEqual([
      ['YouTube', expect.stringMatching(/^not known: /)],
    ]);
  });

  it('are asked for in few requests, however many broadcasts a year had', async () => {
    const all = await connected();
    const { youtube, fake, nowMs, ledger } = all;
    for (let n = 0; n < 600; n += 1) ended(all, `Rain ${String(n)}`, 8, 30 + n * 8);
    expect(valueOf(await askHours(youtube, STREAM, nowMs())).archives).toHaveLength(600);
    expect(ledger.read().used).toBe(24);
    expect(fake.requests.filter(({ name }) => name === 'GET /v2/reports')).toHaveLength(4);
  });
});

describe('an archive', () => {
  const live = { id: 'a', title: 'Rain', startedAtMs: 0, endedAtMs: 8 * HOUR_MS };
  const video: Video = {
    id: 'a',
    privacy: 'public',
    upload: 'processed',
    durationMs: 8 * HOUR_MS,
    startedAtMs: 0,
    endedAtMs: 8 * HOUR_MS,
  };

  it.each<[string, Partial<Video>, number, string, string | null]>([
    ['that is whole', {}, 9, 'whole', null],
    ['that lacks half a minute', { durationMs: 8 * HOUR_MS - 30_000 }, 9, 'whole', null],
    ['that lacks an hour', { durationMs: 7 * HOUR_MS }, 9, 'lost', 'its video lacks 60 min'],
    ['that is private', { privacy: 'private' }, 9, 'lost', 'its video is private'],
    ['whose privacy is not known', { privacy: null }, 9, 'lost', 'its video is perhaps not public'],
    ['that is still processed', { upload: 'uploaded', durationMs: 0 }, 9, 'awaited', null],
    ['that is so a day later', { upload: 'uploaded', durationMs: 0 }, 33, 'lost', 'no video was made of it (uploaded)'],
    ['that was rejected', { upload: 'rejected', durationMs: 0 }, 9, 'lost', 'no video was made of it (rejected)'],
  ])('%s', (_what, more, nowHours, state, why) => {
    expect(archiveOf(live, { ...video, ...more }, nowHours * HOUR_MS)).toMatchObject({ state, why });
  });

  it('that was deleted is lost', () => {
    expect(archiveOf(live, null, 9 * HOUR_MS)).toMatchObject({
      state: 'lost',
      why: expect.stringContaining('deleted'),
    });
  });
});
