import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';
import { makeMedia } from '../fixtures/media-maker.ts';
import { startRtmpSink } from '../fixtures/rtmp-sink.ts';
import { startFakeYouTube, type FakeYouTube, type FakeYouTubeOptions } from '../fixtures/youtube/fake-youtube.ts';
import { ingestOf } from '../fixtures/youtube/ingest.ts';
import { FAST_KNOBS, REAL_KNOBS, type FakeBroadcast } from '../fixtures/youtube/world.ts';

const KEY = 'abcd-efgh-ijkl-mnop-qrst';
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown> & { items?: Record<string, Record<string, unknown>>[]; error?: unknown };
}

interface Asked {
  readonly fake: FakeYouTube;
  readonly ask: (method: string, path: string, query: Record<string, string>, body?: unknown) => Promise<Answer>;
  /** Moves the clock. */
  readonly pass: (ms: number) => void;
  readonly nowMs: () => number;
  /** The reason of a refusal. */
  readonly reasonOf: (answer: Answer) => unknown;
}

/** A fake whose clock stands still, and raw HTTP: nothing here is the client that is tested by it. */
async function asked(options: Partial<FakeYouTubeOptions> = {}): Promise<Asked> {
  let atMs = Date.parse('2026-11-26T10:00:00Z');
  const fake = await startFakeYouTube({ keys: [KEY], knobs: REAL_KNOBS, nowMs: () => atMs, ...options });
  cleanups.push(() => fake.stop());
  const token = async (): Promise<string> => {
    const { body } = fake.oauth.answer(
      '/token',
      new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: fake.oauth.grant(),
        client_id: fake.oauth.clientId,
        client_secret: fake.oauth.clientSecret,
      }),
    );
    return (body as { access_token: string }).access_token;
  };
  let bearer = await token();
  return {
    fake,
    pass: (ms) => {
      atMs += ms;
    },
    nowMs: () => atMs,
    ask: async (method, path, query, body) => {
      if (!fake.oauth.accepts(bearer)) bearer = await token();
      const url = new URL(path, fake.url);
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      const answer = await fetch(url, {
        method,
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, json: (text === '' ? {} : JSON.parse(text)) as Answer['json'] };
    },
    reasonOf: ({ json }) => (json.error as { errors: { reason: string }[] } | undefined)?.errors[0]?.reason,
  };
}

const BROADCASTS = '/youtube/v3/liveBroadcasts';
const body = (nowMs: number, more: Record<string, unknown> = {}) => ({
  snippet: { title: 'Rain', scheduledStartTime: new Date(nowMs).toISOString() },
  status: { privacyStatus: 'public' },
  contentDetails: { monitorStream: { enableMonitorStream: false } },
  ...more,
});

/** A broadcast that is bound to our stream. */
async function ready({ ask, nowMs }: Asked, more: Record<string, unknown> = {}): Promise<string> {
  const { json } = await ask('POST', BROADCASTS, { part: 'id,snippet,status,contentDetails' }, body(nowMs(), more));
  const id = String(json['id']);
  await ask('POST', `${BROADCASTS}/bind`, { id, streamId: 'stream-1', part: 'id' });
  return id;
}

const lifeCycle = (fake: FakeYouTube, id: string): FakeBroadcast['lifeCycle'] | undefined =>
  fake.broadcasts().find((each) => each.id === id)?.lifeCycle;

describe("a broadcast's life", () => {
  it('goes from created by ready and liveStarting to live, and complete is final', async () => {
    const all = await asked();
    const { fake, ask, pass, reasonOf } = all;
    const transition = (id: string, broadcastStatus: string): Promise<Answer> =>
      ask('POST', `${BROADCASTS}/transition`, { id, broadcastStatus, part: 'id,status' });
    const { json } = await ask('POST', BROADCASTS, { part: 'id,status' }, body(all.nowMs()));
    const id = String(json['id']);
    expect(json['status']).toMatchObject({ lifeCycleStatus: 'created' });
    expect(json['snippet']).toBeUndefined();
    expect(reasonOf(await transition(id, 'live'))).toBe('invalidTransition');
    await ask('POST', `${BROADCASTS}/bind`, { id, streamId: 'stream-1', part: 'id' });
    expect(lifeCycle(fake, id)).toBe('ready');
    expect(reasonOf(await transition(id, 'live'))).toBe('errorStreamInactive');
    fake.feed(KEY, true);
    pass(7_000);
    expect(reasonOf(await transition(id, 'live'))).toBe('errorStreamInactive');
    pass(2_000);
    expect((await transition(id, 'live')).json['status']).toMatchObject({ lifeCycleStatus: 'liveStarting' });
    expect(reasonOf(await transition(id, 'live'))).toBe('redundantTransition');
    pass(4_000);
    expect(lifeCycle(fake, id)).toBe('liveStarting');
    pass(1_000);
    expect(lifeCycle(fake, id)).toBe('live');
    expect(reasonOf(await ask('POST', `${BROADCASTS}/bind`, { id, part: 'id' }))).toBe(
      'liveBroadcastBindingNotAllowed',
    );
    expect(reasonOf(await ask('DELETE', BROADCASTS, { id }))).toBe('liveBroadcastDeletionNotAllowed');
    await transition(id, 'complete');
    expect(reasonOf(await transition(id, 'live'))).toBe('invalidTransition');
    expect(reasonOf(await transition(id, 'complete'))).toBe('redundantTransition');
    expect((await ask('DELETE', BROADCASTS, { id })).status).toBe(204);
    expect(reasonOf(await transition(id, 'complete'))).toBe('liveBroadcastNotFound');
  });

  it('has to pass testing where there is a monitor stream, which is the default', async () => {
    const all = await asked();
    const { fake, ask, pass, reasonOf } = all;
    const id = await ready(all, { contentDetails: {} });
    fake.feed(KEY, true);
    pass(10_000);
    const to = (broadcastStatus: string): Promise<Answer> =>
      ask('POST', `${BROADCASTS}/transition`, { id, broadcastStatus, part: 'id' });
    expect(reasonOf(await to('live'))).toBe('invalidTransition');
    await to('testing');
    pass(5_000);
    expect(lifeCycle(fake, id)).toBe('testing');
    await to('live');
    pass(5_000);
    expect(lifeCycle(fake, id)).toBe('live');
  });

  it('is begun by auto-start when the stream turns active, and by nothing when it was so already', async () => {
    const all = await asked();
    const { fake, pass } = all;
    const auto = { contentDetails: { enableAutoStart: true, monitorStream: { enableMonitorStream: false } } };
    const before = await ready(all, auto);
    fake.feed(KEY, true);
    pass(9_000);
    expect(lifeCycle(fake, before)).toBe('liveStarting');
    const after = await ready(all, auto);
    pass(60_000);
    expect([before, after].map((id) => lifeCycle(fake, id))).toEqual(['live', 'ready']);
  });

  it('is ended by auto-stop a minute after the stream went inactive, and only then', async () => {
    const all = await asked();
    const { fake, pass } = all;
    fake.feed(KEY, true);
    pass(20_000);
    const { id } = fake.studio.begin({ enableAutoStop: true });
    const kept = fake.studio.begin({ enableAutoStop: false });
    fake.feed(KEY, false);
    pass(74_000);
    expect(lifeCycle(fake, id)).toBe('live');
    pass(2_000);
    expect([id, kept.id].map((each) => lifeCycle(fake, each))).toEqual(['complete', 'live']);
    expect(fake.broadcasts()[0]?.endedAtMs).toBe(all.nowMs() - 1_000);
  });

  it('is refused when three share the stream, ten the channel, or too many were created', async () => {
    const all = await asked({ keys: [KEY, 'k2', 'k3', 'k4'] });
    const { fake, ask, pass, nowMs, reasonOf } = all;
    fake.feed(KEY, true);
    pass(10_000);
    const live = (id: string): Promise<Answer> =>
      ask('POST', `${BROADCASTS}/transition`, { id, broadcastStatus: 'live', part: 'id' });
    for (let n = 0; n < 3; n += 1) await live(await ready(all));
    expect(reasonOf(await live(await ready(all)))).toBe('sharedIngestionBroadcastsExceedLimit');
    fake.studio.set(fake.broadcasts()[0]!.id, { boundStreamId: 'stream-2' });
    for (let n = 0; n < 7; n += 1) fake.studio.begin({ boundStreamId: `stream-${String(2 + (n % 3))}` });
    expect(reasonOf(await live(await ready(all)))).toBe('concurrentBroadcastsExceedLimit');
    fake.knobs.creationsADay = fake.broadcasts().length;
    expect(reasonOf(await ask('POST', BROADCASTS, { part: 'id' }, body(nowMs())))).toBe('userBroadcastsExceedLimit');
  });

  it('may be stuck while it starts, and can then be deleted, unless YouTube does not let it', async () => {
    const all = await asked();
    const { fake, ask, pass, reasonOf } = all;
    fake.feed(KEY, true);
    pass(10_000);
    fake.knobs.liveAfterMs = Infinity;
    const id = await ready(all);
    await ask('POST', `${BROADCASTS}/transition`, { id, broadcastStatus: 'live', part: 'id' });
    pass(3_600_000);
    expect(lifeCycle(fake, id)).toBe('liveStarting');
    fake.knobs.deletesStarting = false;
    expect(reasonOf(await ask('DELETE', BROADCASTS, { id }))).toBe('liveBroadcastDeletionNotAllowed');
    fake.knobs.deletesStarting = true;
    expect((await ask('DELETE', BROADCASTS, { id })).status).toBe(204);
  });
});

describe('what YouTube is strict about', () => {
  it('wants part, and exactly one filter', async () => {
    const { ask, reasonOf } = await asked();
    expect(reasonOf(await ask('GET', BROADCASTS, { mine: 'true' }))).toBe('missingRequiredParameter');
    expect(reasonOf(await ask('GET', BROADCASTS, { part: 'id' }))).toBe('missingRequiredParameter');
    const both = await ask('GET', BROADCASTS, { part: 'id', mine: 'true', broadcastStatus: 'active' });
    expect({ status: both.status, reason: reasonOf(both) }).toEqual({ status: 400, reason: 'incompatibleParameters' });
    const wrong = await ask('GET', BROADCASTS, { part: 'id', broadcastStatus: 'live' });
    expect(wrong.json.error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(reasonOf(await ask('GET', BROADCASTS, { part: 'id', mine: 'true', maxResults: '51' }))).toBe(
      'invalidParameter',
    );
  });

  it('gives five a page, and what is asked for of each', async () => {
    const { fake, ask } = await asked();
    for (let n = 0; n < 7; n += 1) fake.studio.begin({});
    const first = await ask('GET', BROADCASTS, { part: 'statistics', broadcastStatus: 'active' });
    expect(first.json.items).toHaveLength(5);
    expect(first.json.items?.[0]).toEqual({
      kind: expect.any(String),
      etag: expect.any(String),
      id: expect.any(String),
      statistics: {},
    });
    const pageToken = String(first.json['nextPageToken']);
    const second = await ask('GET', BROADCASTS, { part: 'id', broadcastStatus: 'active', pageToken });
    expect(second.json.items).toHaveLength(2);
    expect(second.json['nextPageToken']).toBeUndefined();
  });

  it.each([
    ['titleRequired', { snippet: { scheduledStartTime: '2026-11-26T10:00:00Z' } }],
    ['scheduledStartTimeRequired', { snippet: { title: 'x' } }],
    ['privacyStatusRequired', { status: {} }],
    ['invalidTitle', { snippet: { title: '<b>', scheduledStartTime: '2026-11-26T10:00:00Z' } }],
    ['invalidTitle', { snippet: { title: 'x'.repeat(101), scheduledStartTime: '2026-11-26T10:00:00Z' } }],
    [
      'invalidDescription',
      { snippet: { title: 'x', description: 'ä'.repeat(2501), scheduledStartTime: '2026-11-26T10:00:00Z' } },
    ],
    ['invalidScheduledStartTime', { snippet: { title: 'x', scheduledStartTime: '2026-11-26T09:00:00Z' } }],
    ['invalidPrivacyStatus', { status: { privacyStatus: 'secret' } }],
  ])('refuses a new broadcast with %s', async (reason, more) => {
    const { ask, nowMs, reasonOf } = await asked();
    const answer = await ask('POST', BROADCASTS, { part: 'id' }, body(nowMs(), more));
    expect({ status: answer.status, reason: reasonOf(answer) }).toEqual({ status: 400, reason });
  });

  it('wipes of a video what an update leaves out, and wants title and category', async () => {
    const { fake, ask, pass, reasonOf } = await asked();
    const { id } = fake.studio.begin({ tags: ['rain'], description: 'long', embeddable: true });
    const read = (): Promise<Answer> => ask('GET', '/youtube/v3/videos', { part: 'id', id });
    expect((await read()).json.items).toEqual([]);
    pass(5_000);
    expect((await read()).json.items).toHaveLength(1);
    const put = (part: string, more: Record<string, unknown>): Promise<Answer> =>
      ask('PUT', '/youtube/v3/videos', { part }, { id, ...more });
    expect(reasonOf(await put('snippet', { snippet: { title: 'x' } }))).toBe('invalidVideoMetadata');
    await put('snippet', { snippet: { title: 'x', categoryId: '10' } });
    await put('status', { status: { privacyStatus: 'unlisted' } });
    expect(fake.broadcasts()[0]).toMatchObject({ tags: [], description: '', embeddable: false, categoryId: '10' });
  });

  it('counts one for a read and fifty for a write, refused ones too, until midnight Pacific', async () => {
    const { fake, ask, pass, reasonOf } = await asked();
    await ask('GET', BROADCASTS, { part: 'id', broadcastStatus: 'active' });
    await ask('POST', BROADCASTS, { part: 'id' }, {});
    expect(fake.unitsToday()).toBe(51);
    fake.knobs.unitsADay = 60;
    const over = await ask('POST', BROADCASTS, { part: 'id' }, {});
    expect({ status: over.status, reason: reasonOf(over) }).toEqual({ status: 403, reason: 'quotaExceeded' });
    pass(22 * 3_600_000 - 1);
    expect(reasonOf(await ask('POST', BROADCASTS, { part: 'id' }, {}))).toBe('quotaExceeded');
    pass(1);
    expect(reasonOf(await ask('POST', BROADCASTS, { part: 'id' }, {}))).toBe('titleRequired');
  });

  it('takes a token for an hour, and no longer than the login is good', async () => {
    const { fake } = await asked();
    expect(fake.oauth.accepts(undefined)).toBe(false);
    const { body: granted } = fake.oauth.answer(
      '/token',
      new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: fake.oauth.grant(),
        client_id: fake.oauth.clientId,
        client_secret: fake.oauth.clientSecret,
      }),
    );
    const bearer = `Bearer ${(granted as { access_token: string }).access_token}`;
    expect(fake.oauth.accepts(bearer)).toBe(true);
    fake.oauth.revokeAll();
    expect(fake.oauth.accepts(bearer)).toBe(false);
  });
});

describe('the stream, by what really arrives', () => {
  it('is active some time after the first media, and inactive some time after the last', async () => {
    const sink = await startRtmpSink();
    cleanups.push(() => sink.stop());
    const fake = await startFakeYouTube({ keys: [KEY, 'other'], ingest: ingestOf(sink), knobs: FAST_KNOBS });
    cleanups.push(() => fake.stop());
    const { id } = fake.studio.begin({
      lifeCycle: 'ready',
      startedAtMs: null,
      enableAutoStart: true,
      enableAutoStop: true,
    });
    const other = fake.studio.begin({
      lifeCycle: 'ready',
      startedAtMs: null,
      enableAutoStart: true,
      boundStreamId: 'stream-2',
    });
    const file = await makeMedia({ name: 'fake-youtube', seconds: 3 });
    const args = [
      '-nostdin',
      '-v',
      'error',
      '-re',
      '-stream_loop',
      '-1',
      '-i',
      file,
      '-c',
      'copy',
      '-f',
      'flv',
      `${sink.url}/${KEY}`,
    ];
    const publisher = spawn('ffmpeg', args, { stdio: 'ignore' });
    cleanups.push(async () => {
      publisher.kill('SIGKILL');
      await Promise.resolve();
    });
    await eventually(() => expect(lifeCycle(fake, id)).toBe('live'), { timeoutMs: 20_000 });
    expect(fake.liveOn('stream-1')).toEqual([id]);
    publisher.kill('SIGKILL');
    await eventually(() => expect(lifeCycle(fake, id)).toBe('complete'), { timeoutMs: 20_000 });
    expect(lifeCycle(fake, other.id)).toBe('ready');
  });
});

describe('what goes wrong on demand', () => {
  it('does what was asked though the answer is lost, or late', async () => {
    const { fake, ask, nowMs } = await asked();
    fake.fault = ({ name }) => (name.startsWith('POST') ? { kind: 'lost' } : undefined);
    await expect(ask('POST', BROADCASTS, { part: 'id' }, body(nowMs()))).rejects.toThrow();
    fake.fault = ({ name }) => (name.startsWith('POST') ? { kind: 'late', ms: 200 } : undefined);
    expect((await ask('POST', BROADCASTS, { part: 'id' }, body(nowMs()))).status).toBe(200);
    expect(fake.broadcasts()).toHaveLength(2);
  });

  it('does nothing of what is refused, cut off or answered by HTML', async () => {
    const { fake, ask, nowMs, reasonOf } = await asked();
    fake.fault = () => ({ kind: 'refuse', status: 503, reason: 'backendError' });
    expect(reasonOf(await ask('POST', BROADCASTS, { part: 'id' }, body(nowMs())))).toBe('backendError');
    for (const fault of [{ kind: 'html', status: 502 }, { kind: 'cut' }] as const) {
      fake.fault = () => fault;
      await expect(ask('POST', BROADCASTS, { part: 'id' }, body(nowMs()))).rejects.toThrow();
    }
    expect(fake.broadcasts()).toEqual([]);
    expect(fake.requests.map(({ status }) => status)).toEqual([503, 502, 0]);
  });

  it('shows a new broadcast late in lists, and at once by its id', async () => {
    const { fake, ask, pass, nowMs } = await asked();
    fake.knobs.listedAfterMs = 10_000;
    const { json } = await ask('POST', BROADCASTS, { part: 'id' }, body(nowMs()));
    const upcoming = (): Promise<Answer> => ask('GET', BROADCASTS, { part: 'id', broadcastStatus: 'upcoming' });
    expect((await upcoming()).json.items).toEqual([]);
    expect((await ask('GET', BROADCASTS, { part: 'id', id: String(json['id']) })).json.items).toHaveLength(1);
    pass(10_000);
    expect((await upcoming()).json.items).toHaveLength(1);
  });
});
