import { describe, expect, it } from 'vitest';
import { connected, failureIn, KEY, rain, STREAM, valueOf, type Connected } from './connected.ts';

/** A broadcast of ours that is live. */
async function goLive({ youtube, fake, pass, nowMs }: Connected, title = 'Rain'): Promise<string> {
  fake.feed(KEY, true);
  pass(10_000);
  const { id } = valueOf(await youtube.insertBroadcast(rain(nowMs(), title)));
  valueOf(await youtube.bindBroadcast(id, STREAM));
  valueOf(await youtube.transitionBroadcast(id, 'live'));
  pass(6_000);
  return id;
}

describe('the channel and its stream', () => {
  it('finds the channel of the login', async () => {
    const { youtube } = await connected();
    expect(valueOf(await youtube.channel())).toEqual({ id: 'UCfakechannel0000000000', title: 'Rain & Rivers' });
  });

  it('finds the stream by our key among those of the channel, and sends the key nowhere', async () => {
    const { youtube, fake } = await connected({ keys: ['one', 'two', 'three', KEY, 'five', 'six', 'seven'] });
    expect(valueOf(await youtube.findStream(KEY))).toMatchObject({ id: 'stream-4', takesAnySize: true });
    expect(valueOf(await youtube.findStream('another'))).toBeNull();
    valueOf(await youtube.stream('stream-4'));
    expect(JSON.stringify(fake.requests)).not.toContain(KEY);
    expect(fake.requests.at(-1)?.query['part']).toBe('id,status');
  });

  it('reads what YouTube makes of the bytes, and the age of that verdict', async () => {
    const { youtube, fake, pass, nowMs } = await connected();
    expect(valueOf(await youtube.stream(STREAM))).toMatchObject({ status: 'ready', health: 'noData', issues: [] });
    fake.feed(KEY, true);
    fake.world.streams[0]!.issues.push({
      type: 'videoIngestionStarved',
      severity: 'error',
      reason: 'Video output low',
      description: 'YouTube is not receiving enough video to maintain smooth streaming.',
    });
    pass(60_000);
    expect(valueOf(await youtube.stream(STREAM))).toEqual({
      id: STREAM,
      status: 'active',
      health: 'good',
      healthAtMs: nowMs() - 20_000,
      issues: [{ type: 'videoIngestionStarved', severity: 'error' }],
    });
    expect(valueOf(await youtube.stream('gone'))).toBeNull();
  });
});

describe('a broadcast', () => {
  it('goes from nothing to live to complete, with nothing in it that starts or ends it but us', async () => {
    const all = await connected();
    const { youtube, fake } = all;
    const id = await goLive(all);
    expect(fake.liveOn(STREAM)).toEqual([id]);
    expect(fake.broadcasts()[0]).toMatchObject({
      enableAutoStart: false,
      enableAutoStop: false,
      enableMonitorStream: false,
      enableDvr: true,
      recordFromStart: true,
      embeddable: true,
    });
    const [seen] = valueOf(await youtube.broadcasts({ kind: 'active' }));
    expect(seen).toMatchObject({ id, title: 'Rain', lifeCycle: 'live', streamId: STREAM, privacy: 'public' });
    expect(seen?.startedAtMs).toBe(all.nowMs() - 1_000);
    expect(seen?.viewers).toBeNull();
    fake.studio.set(id, { viewers: 12 });
    expect(valueOf(await youtube.broadcasts({ kind: 'ids', ids: [id] }))[0]?.viewers).toBe(12);
    valueOf(await youtube.transitionBroadcast(id, 'complete'));
    expect(valueOf(await youtube.broadcasts({ kind: 'active' }))).toEqual([]);
    expect(valueOf(await youtube.broadcasts({ kind: 'completed' }))[0]).toMatchObject({
      lifeCycle: 'complete',
      streamId: STREAM,
    });
  });

  it('lists every one, however many pages that takes', async () => {
    const { youtube, fake } = await connected();
    fake.knobs.creationsADay = 200;
    for (let n = 0; n < 120; n += 1) fake.studio.begin({ lifeCycle: 'ready', startedAtMs: null });
    expect(valueOf(await youtube.broadcasts({ kind: 'upcoming' }))).toHaveLength(120);
    expect(fake.requests.filter(({ name }) => name === 'GET /youtube/v3/liveBroadcasts')).toHaveLength(3);
  });

  it('takes for done what was done already: a transition on its way, a deletion, an entry of a playlist', async () => {
    const all = await connected();
    const { youtube, fake } = all;
    const id = await goLive(all);
    expect(await youtube.transitionBroadcast(id, 'live')).toEqual({ kind: 'ok', value: null });
    valueOf(await youtube.addToPlaylist('PLrain', id));
    expect(await youtube.addToPlaylist('PLrain', id)).toEqual({ kind: 'ok', value: null });
    expect(fake.world.playlists.get('PLrain')).toEqual([id]);
    fake.studio.delete(id);
    expect(await youtube.deleteBroadcast(id)).toEqual({ kind: 'ok', value: null });
  });

  it('tells why it may not be: stream inactive, another state, unknown, too many', async () => {
    const all = await connected();
    const { youtube, fake, pass, nowMs } = all;
    const { id } = valueOf(await youtube.insertBroadcast(rain(nowMs())));
    expect(failureIn(await youtube.transitionBroadcast(id, 'live'))).toMatchObject({ kind: 'conflict' });
    valueOf(await youtube.bindBroadcast(id, STREAM));
    expect(failureIn(await youtube.transitionBroadcast(id, 'live'))).toMatchObject({
      kind: 'inactive',
      reason: 'errorStreamInactive',
    });
    expect(failureIn(await youtube.bindBroadcast('nope', STREAM)).kind).toBe('missing');
    for (let n = 0; n < 3; n += 1) fake.studio.begin({});
    fake.feed(KEY, true);
    pass(10_000);
    expect(failureIn(await youtube.transitionBroadcast(id, 'live'))).toMatchObject({
      kind: 'limit',
      reason: 'sharedIngestionBroadcastsExceedLimit',
    });
    const long = { ...rain(nowMs()), title: 'x'.repeat(101) };
    expect(failureIn(await youtube.insertBroadcast(long))).toMatchObject({
      kind: 'invalid',
      message: 'YouTube does not take the title (invalidTitle)',
    });
  });

  it('may have been created though the answer was lost, and says so', async () => {
    const { youtube, fake, nowMs } = await connected();
    fake.fault = ({ name }) =>
      name.startsWith('POST') && name.endsWith('liveBroadcasts') ? { kind: 'lost' } : undefined;
    expect(failureIn(await youtube.insertBroadcast(rain(nowMs()))).kind).toBe('unavailable');
    const [created] = valueOf(await youtube.broadcasts({ kind: 'upcoming' }));
    expect(created).toMatchObject({ title: 'Rain', scheduledAtMs: nowMs() });
  });

  it('is never missing from a list because of an answer that is no list', async () => {
    const { youtube, fake } = await connected();
    for (const text of ['{}', '{"items":"none"}', '{"items":[{"snippet":{}}]}', '[]', 'null', '<html>']) {
      fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'answer', status: 200, text } : undefined);
      expect(failureIn(await youtube.broadcasts({ kind: 'active' }))).toMatchObject({ reason: 'badAnswer' });
    }
    const text = '{"kind":"youtube#liveBroadcastListResponse"}';
    fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'answer', status: 200, text } : undefined);
    expect(valueOf(await youtube.broadcasts({ kind: 'active' }))).toEqual([]);
  });

  it('is read as far as it can be: words and fields that are unknown cost nothing else', async () => {
    const { youtube, fake } = await connected();
    const item = {
      id: 'a',
      snippet: { title: 7, actualStartTime: 'soon', scheduledStartTime: '1970-01-01T00:00:00Z', new: true },
      status: { lifeCycleStatus: 'paused', privacyStatus: 'public' },
      contentDetails: null,
      statistics: { concurrentViewers: 'many' },
    };
    const text = JSON.stringify({ items: [item] });
    fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'answer', status: 200, text } : undefined);
    expect(valueOf(await youtube.broadcasts({ kind: 'active' }))[0]).toEqual({
      id: 'a',
      title: null,
      lifeCycle: null,
      privacy: 'public',
      scheduledAtMs: null,
      startedAtMs: null,
      endedAtMs: null,
      streamId: null,
      autoStop: null,
      viewers: null,
    });
  });
});

describe('the video of a broadcast', () => {
  it('is whole and processed some time after the end, and never of twelve hours', async () => {
    const all = await connected();
    const { youtube, fake, pass } = all;
    const id = await goLive(all);
    expect(valueOf(await youtube.videos([id]))[0]).toMatchObject({ durationMs: 0 });
    pass(11 * 3600_000);
    valueOf(await youtube.transitionBroadcast(id, 'complete'));
    pass(600_000);
    expect(valueOf(await youtube.videos([id]))[0]).toMatchObject({
      upload: 'processed',
      privacy: 'public',
      durationMs: 11 * 3600_000 + 1_000,
    });
    const long = await goLive(all, 'Too long');
    pass(13 * 3600_000);
    fake.studio.end(long);
    pass(600_000);
    expect(valueOf(await youtube.videos([long]))[0]).toMatchObject({ upload: 'uploaded', durationMs: 0 });
    expect(valueOf(await youtube.videos([]))).toEqual([]);
  });

  it('is edited without wiping what is not named', async () => {
    const all = await connected();
    const { youtube, fake } = all;
    const id = await goLive(all);
    fake.studio.set(id, { tags: ['rain'], categoryId: '10', embeddable: true });
    valueOf(await youtube.editVideo(id, { title: 'More rain' }));
    valueOf(await youtube.editVideo(id, { privacy: 'unlisted' }));
    expect(fake.broadcasts()[0]).toMatchObject({
      title: 'More rain',
      description: 'Rain, day and night',
      tags: ['rain'],
      categoryId: '10',
      privacyStatus: 'unlisted',
      embeddable: true,
    });
  });

  it('is not written where it is as wished already', async () => {
    const all = await connected();
    const id = await goLive(all);
    all.fake.clearRequests();
    valueOf(await all.youtube.editVideo(id, { title: 'Rain', tags: [], privacy: 'public', madeForKids: false }));
    expect(all.fake.requests.map(({ name }) => name)).toEqual(['GET /youtube/v3/videos']);
  });

  it('is not written where it could not be read whole', async () => {
    const all = await connected();
    const id = await goLive(all);
    const text = JSON.stringify({ items: [{ id, snippet: { title: 'Rain' } }] });
    all.fake.fault = ({ name }) => (name.startsWith('GET') ? { kind: 'answer', status: 200, text } : undefined);
    expect(failureIn(await all.youtube.editVideo(id, { title: 'More rain' })).reason).toBe('badAnswer');
    expect(all.fake.broadcasts()[0]?.title).toBe('Rain');
    expect(failureIn(await all.youtube.editVideo('nope', { title: 'x' })).kind).toBe('missing');
  });

  it('gets a thumbnail, where the channel may set one', async () => {
    const all = await connected();
    const id = await goLive(all);
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
    valueOf(await all.youtube.setThumbnail(id, { type: 'image/png', bytes }));
    expect(all.fake.broadcasts()[0]?.thumbnailBytes).toBe(bytes.length);
    all.fake.knobs.thumbnailsAllowed = false;
    const failure = failureIn(await all.youtube.setThumbnail(id, { type: 'image/png', bytes }));
    expect(failure).toMatchObject({ kind: 'refused', message: expect.stringContaining('verify its phone number') });
  });
});

describe('Analytics', () => {
  it('gives rows, none where there is no data, and costs nothing of the quota', async () => {
    const { youtube, fake, ledger } = await connected();
    const query = {
      firstDay: '2026-11-01',
      lastDay: '2026-11-24',
      metrics: ['estimatedMinutesWatched'],
      dimensions: ['creatorContentType'],
      videoIds: null,
    };
    expect(valueOf(await youtube.report(query))).toEqual([]);
    fake.world.watched.push(
      { day: '2026-11-02', content: 'LIVE_STREAM', minutes: 500 },
      { day: '2026-11-25', content: 'LIVE_STREAM', minutes: 7 },
    );
    expect(valueOf(await youtube.report(query))).toEqual([['LIVE_STREAM', 500]]);
    expect(ledger.read().used).toBe(0);
    expect(fake.unitsToday()).toBe(0);
  });
});
