import { describe, expect, it } from 'vitest';
import { parseRunRecord } from '../../src/observe/runs/record.ts';
import type { DesiredSpec } from '../../src/reconcile/model/desired.ts';
import type { ItemFacts } from '../../src/reconcile/model/item.ts';
import { NO_ARTWORK, type PlayoutSpec } from '../../src/reconcile/model/playout.ts';
import { formatMarker, MARKER_VARIABLE, type PlayoutRecord, RECORD_VARIABLE } from '../../src/reconcile/model/run.ts';
import { playoutHash, sessionHash } from '../../src/reconcile/playout/hashes.ts';
import { recordOf } from '../../src/reconcile/playout/record.ts';
import { itemSpec, slateSpec } from '../../src/reconcile/playout/spec.ts';

/**
 * What a daemon wrote into the environment of the processes that are on air now, a later daemon has to find right.
 * These are literal values of commit bdd24ce. Whoever changes one of them drops every stream at its next upgrade: the
 * uplink's hash ends the RTMP session, the playout's hash and record begin the item anew.
 */
const FILM: ItemFacts = {
  key: 'loops/rain.mp4',
  version: '"5d41402abc4b2a76b9719d911017c592"',
  sizeBytes: 225_000_000,
  durationS: 600,
  formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
  video: {
    codec: 'h264',
    profile: 'High',
    pixelFormat: 'yuv420p',
    width: 1280,
    height: 720,
    sampleAspect: 1,
    fps: 30,
    variableFrameRate: false,
    progressive: true,
    bitrateKbps: 2_800,
    maxKeyframeGapS: 2,
    still: false,
    rotation: 0,
    hasBFrames: 2,
    startTimeS: 0,
  },
  audio: { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 },
};
const CAMERA: ItemFacts = {
  ...FILM,
  key: 'camera.mkv',
  version: 'v2',
  formatName: 'matroska,webm',
  video: { ...FILM.video!, codec: 'vp9', profile: 'Profile 0', width: 1920, height: 1080, fps: 25 },
  audio: { codec: 'opus', profile: '', sampleRateHz: 48_000, channels: 2 },
};
const SONG: ItemFacts = {
  ...CAMERA,
  key: 'song.mp3',
  version: 'v3',
  sizeBytes: 4_000_000,
  durationS: 240,
  video: null,
  audio: { codec: 'mp3', profile: '', sampleRateHz: 44_100, channels: 2 },
};

const PLAIN: DesiredSpec = {
  running: true,
  media: { kind: 'key', key: 'loops/rain.mp4' },
  bitrateKbps: 3_000,
  resolution: { width: 1280, height: 720 },
  fps: 30,
  encode: 'auto',
  order: 'listed',
  slate: null,
  visual: null,
  recycle: null,
  recyclePauseMs: 90_000,
  timezone: 'UTC',
  broadcast: null,
};
const LARGE: DesiredSpec = { ...PLAIN, bitrateKbps: 9_000, resolution: { width: 1920, height: 1080 }, fps: 60 };
const SMALL: DesiredSpec = { ...PLAIN, bitrateKbps: 800, resolution: { width: 854, height: 480 }, fps: 25 };

const TARGET = { url: 'rtmp://a.rtmp.youtube.com/live2', keyDigest: '0123456789abcdef' };
const BUDGET = { urlTtlMs: 604_800_000, sole: false };
const playoutOf = (facts: ItemFacts, desired: DesiredSpec, offsetMs = 0) =>
  itemSpec(facts, desired, { round: 2, index: 1, key: facts.key, offsetMs }, BUDGET, NO_ARTWORK);

describe('a stream that runs is recognised by the next version', () => {
  it.each<[string, DesiredSpec, string]>([
    ['720p30', PLAIN, '99d61cdee587'],
    ['1080p60', LARGE, 'bb90126665e3'],
    ['480p25', SMALL, '9e9bce67d7e5'],
  ])('by the hash of its session: %s', (_name, desired, hash) => {
    expect(sessionHash(TARGET, desired)).toBe(hash);
  });

  it.each<[string, PlayoutSpec, string]>([
    ['a copied film', playoutOf(FILM, PLAIN), '3009ae579844'],
    ['an encoded film', playoutOf(CAMERA, LARGE), '479c1e71092f'],
    ['a song', playoutOf(SONG, SMALL), '6faa7de4161d'],
    ['the slate, 720p30', slateSpec(PLAIN, NO_ARTWORK), 'acbaee1a71c0'],
    ['the slate, 1080p60', slateSpec(LARGE, NO_ARTWORK), '0d6395231975'],
  ])('by the hash of its playout: %s', (_name, playout, hash) => {
    expect(playoutHash(playout)).toBe(hash);
  });

  it('by its marker', () => {
    expect(MARKER_VARIABLE).toBe('STREAM_CONTROLLER_RUN');
    const marker = { stateId: '00112233aabbccdd', specHash: '0123456789ab', runId: 'n1-7' };
    expect(formatMarker({ ...marker, role: 'uplink' })).toBe('00112233aabbccdd:uplink:0123456789ab:n1-7');
    expect(formatMarker({ ...marker, role: 'playout' })).toBe('00112233aabbccdd:playout:0123456789ab:n1-7');
  });

  it.each<[string, PlayoutRecord, string]>([
    [
      'a copied film',
      recordOf(playoutOf(FILM, PLAIN, 90_000)),
      String.raw`{"kind":"item","key":"loops/rain.mp4","version":"\"5d41402abc4b2a76b9719d911017c592\"","round":2,"index":1,"offsetMs":90000,"durationMs":600000,"lengthMs":510000,"mode":"copy","rateKbps":3000,"frame":"1280x720@30"}`,
    ],
    [
      'an encoded film',
      recordOf(playoutOf(CAMERA, LARGE)),
      '{"kind":"item","key":"camera.mkv","version":"v2","round":2,"index":1,"offsetMs":0,"durationMs":600000,"lengthMs":600000,"mode":"transcode","rateKbps":9128,"frame":"1920x1080@60"}',
    ],
    [
      'a song',
      recordOf(playoutOf(SONG, SMALL)),
      '{"kind":"item","key":"song.mp3","version":"v3","round":2,"index":1,"offsetMs":0,"durationMs":240000,"lengthMs":240000,"mode":"transcode","rateKbps":928,"frame":"854x480@25"}',
    ],
    ['the slate', recordOf(slateSpec(PLAIN, NO_ARTWORK)), '{"kind":"slate","frame":"1280x720@30"}'],
  ])('by its record: %s', (_name, record, text) => {
    expect(RECORD_VARIABLE).toBe('STREAM_CONTROLLER_RECORD');
    expect(JSON.stringify(record)).toBe(text);
    expect(parseRunRecord(text)).toEqual(record);
  });
});
