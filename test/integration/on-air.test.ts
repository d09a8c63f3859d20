import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type NginxRtmp, startNginxRtmp } from '../fixtures/nginx-rtmp.ts';
import { colourTimeline, decodeErrors } from '../fixtures/picture.ts';
import { runToolOk } from '../fixtures/run-tool.ts';
import { openStudio, SLATE, STREAM_KEY, type Studio, summary } from './studio.ts';

let studio: Studio;
let nginx: NginxRtmp;

beforeEach(async () => {
  studio = await openStudio();
  nginx = await startNginxRtmp({ dir: studio.dir, record: true });
});

afterEach(async () => {
  await studio.close();
  await nginx.stop();
});

const publishing = (): Promise<void> =>
  eventually(
    async () => {
      const { streams } = await nginx.stat();
      if (!streams.some((stream) => stream.publishing && stream.bytesIn > 0 && stream.width > 0))
        throw new Error(`the ingest has ${JSON.stringify(streams)}`);
    },
    { timeoutMs: 45_000, what: 'a picture at the ingest' },
  );

const silent = (): Promise<void> =>
  eventually(
    async () => {
      const { publishers } = await nginx.stat();
      if (publishers > 0) throw new Error(`${publishers} publishers`);
    },
    { timeoutMs: 30_000, what: 'nobody to publish' },
  );

const sed = (script: string): Promise<unknown> => runToolOk('sed', ['-i', script, studio.desiredPath]);

test('an object of the store is on air at a real RTMP server, as one session named by the key', async () => {
  await studio.upload('loops/red.mp4', { color: 'red', seconds: 10 });
  studio.wish({ media: 'loops/red.mp4' });
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: nginx.url });
  await publishing();
  const live = await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });

  const { streams, publishers } = await nginx.stat();
  expect(publishers).toBe(1);
  expect(streams).toMatchObject([{ name: STREAM_KEY, width: 320, height: 180, publishing: true }]);
  expect(live.playout).toMatchObject({ item: 'loops/red.mp4', mode: 'copy' });

  // Longer than the nearest item end: the loop is seamless to the server as well.
  await eventually(
    async () => {
      const { streams: now } = await nginx.stat();
      if ((now[0]?.timeMs ?? 0) < 14_000) throw new Error('not long enough on air');
    },
    { timeoutMs: 60_000, what: '14 s on air' },
  );
  daemon.kill('SIGTERM');
  expect(await daemon.exited).toEqual({ code: 0, signal: null });
  await silent();

  const sessions = await nginx.sessions();
  expect(sessions).toHaveLength(1);
  expect(sessions[0]?.name).toBe(STREAM_KEY);
  expect(sessions[0]?.bytesReceived).toBeGreaterThan(10_000);
  const [recording = ''] = nginx.recordings();
  // On a machine that is busy otherwise the slate may be first; nothing else is seen.
  const seen = summary(await colourTimeline(recording));
  expect(seen[0] === SLATE ? seen.slice(1) : seen).toEqual(['red']);
  // FLV has whole milliseconds, so a frame of sound may seem to overlap the one before at a join; nothing else is told.
  const complaints = await decodeErrors(recording);
  expect(complaints.filter((line) => !line.includes('non monotonically increasing dts'))).toEqual([]);
  expect(await streamsOf(recording)).toMatchObject([
    // The first parameters count: the slate is of the cheapest preset, which has no more than Main.
    { codec_name: 'h264', profile: seen[0] === SLATE ? 'Main' : 'High', width: 320, height: 180, pix_fmt: 'yuv420p' },
    { codec_name: 'aac', profile: 'LC', sample_rate: '44100', channels: 2 },
  ]);

  const reads = studio.store.requests.filter(({ key }) => key === 'loops/red.mp4');
  expect(reads.length).toBeGreaterThan(0);
  for (const read of reads) expect([200, 206]).toContain(read.status);
  expect(reads.some(({ authorisation, bytesSent }) => authorisation === 'query' && bytesSent > 10_000)).toBe(true);
  expect(reads.every(({ authorisation }) => authorisation !== 'none')).toBe(true);
});

test('running: false closes the session and running: true opens another, as often as wished', async () => {
  await studio.upload('red.mp4', { color: 'red', seconds: 20 });
  studio.wish({ media: 'red.mp4' });
  const daemon = await studio.start({ YOUTUBE_RTMP_URL: nginx.url });
  for (let round = 1; round <= 2; round += 1) {
    await publishing();
    await healthEventually(daemon, ({ status }) => status === 'live', { what: 'live' });
    await sed('s/running: true/running: false/');
    await silent();
    await healthEventually(daemon, ({ status }) => status === 'stopped', { what: 'stopped' });
    const report = await daemon.rawHealth();
    expect(report.status).toBe(200);
    expect(JSON.parse(report.text)).toMatchObject({ reason: 'StoppedByFile', uplink: null, playout: null });
    expect(daemon.runs()).toEqual([]);
    await sed('s/running: false/running: true/');
  }
  await publishing();
  const sessions = await nginx.sessions();
  expect(sessions.map(({ name }) => name)).toEqual([STREAM_KEY, STREAM_KEY, STREAM_KEY]);
  const history = readFileSync(join(studio.stateDir, 'history.jsonl'), 'utf8').trim().split('\n');
  const events = history.map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events.slice(0, 4)).toEqual(['on-air', 'off-air', 'on-air', 'off-air']);
});

async function streamsOf(file: string): Promise<unknown> {
  const { stdout } = await runToolOk('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
  const { streams } = JSON.parse(stdout.toString()) as { streams: { codec_type: string }[] };
  return streams.toSorted((a, b) => b.codec_type.localeCompare(a.codec_type));
}
