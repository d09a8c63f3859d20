import { describe, expect, it } from 'vitest';
import type {
  AudioFacts,
  ColourTags,
  ItemFacts,
  StreamExtents,
  VideoFacts,
} from '../../../src/reconcile/model/item.ts';
import type { HouseFormat } from '../../../src/reconcile/model/playout.ts';
import { decideCopy } from '../../../src/reconcile/playout/copy-decision.ts';

const format: HouseFormat = { width: 1280, height: 720, fps: 30, videoBitrateKbps: 3000 };
const video: VideoFacts = {
  codec: 'h264',
  profile: 'High',
  pixelFormat: 'yuv420p',
  width: 1280,
  height: 720,
  sampleAspect: 1,
  fps: 30,
  variableFrameRate: false,
  progressive: true,
  bitrateKbps: 2800,
  maxKeyframeGapS: 2,
  still: false,
  rotation: 0,
  hasBFrames: 2,
  startTimeS: 0,
};
const audio: AudioFacts = { codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 };
const house: ItemFacts = {
  key: 'rain.mp4',
  version: 'v1',
  sizeBytes: 37_500_000,
  durationS: 100,
  formatName: 'mov,mp4,m4a,3gp,3g2,mj2',
  video,
  audio,
};
const withVideo = (change: Partial<VideoFacts>): ItemFacts => ({ ...house, video: { ...video, ...change } });
const coloured = (tags: Partial<ColourTags>): ItemFacts =>
  withVideo({ colours: { range: 'tv', matrix: 'bt709', transfer: 'bt709', primaries: 'bt709', ...tags } });
const withAudio = (change: Partial<AudioFacts>): ItemFacts => ({ ...house, audio: { ...audio, ...change } });

const ALL = { mode: 'copy', picture: 'copy', sound: 'copy' } as const;
const SOUND_ENCODED = { mode: 'transcode', picture: 'copy', sound: 'transcode' } as const;
const NOTHING = { mode: 'transcode', picture: 'transcode', sound: 'transcode' } as const;

describe('decideCopy', () => {
  it('copies an item already in the house format', () => {
    expect(decideCopy(house, format, 'auto')).toEqual({ ...ALL, reasons: [] });
  });

  const deviations: readonly (readonly [string, ItemFacts, string])[] = [
    ['another container', { ...house, formatName: 'avi' }, 'container avi, wished mp4, mov, mkv, ts or flv'],
    ['no video', { ...house, video: null }, 'no video'],
    ['a still picture', withVideo({ still: true }), 'a still picture'],
    ['HEVC', withVideo({ codec: 'hevc' }), 'video codec hevc, wished h264'],
    ['10 bits', withVideo({ pixelFormat: 'yuv420p10le' }), 'pixel format yuv420p10le, wished yuv420p'],
    ['full range', withVideo({ pixelFormat: 'yuvj420p' }), 'pixel format yuvj420p, wished yuv420p'],
    ['High 4:2:2', withVideo({ profile: 'High 4:2:2' }), 'profile High 4:2:2, wished High or below'],
    ['an unknown profile', withVideo({ profile: '' }), 'profile unknown, wished High or below'],
    ['full range', coloured({ range: 'pc' }), 'colours in full range, wished limited'],
    ['an SD matrix', coloured({ matrix: 'smpte170m' }), 'colours by smpte170m, wished bt709'],
    ['HDR', coloured({ transfer: 'smpte2084' }), 'HDR (PQ), wished SDR'],
    ['HDR of television', coloured({ transfer: 'arib-std-b67' }), 'HDR (HLG), wished SDR'],
    ['wide primaries', coloured({ primaries: 'bt2020' }), 'primaries of bt2020, wished bt709'],
    ['BT.2020', coloured({ matrix: 'bt2020nc' }), 'colours by bt2020nc, wished bt709'],
    ['another size later', withVideo({ change: 'size' }), 'its size changes within it'],
    ['recordings joined by cat', withVideo({ change: 'times' }), 'its time stamps jump back'],
    ['a picture that pauses', withVideo({ longestPauseS: 1.5 }), 'pictures up to 1.5 s apart'],
    ['packets that are damaged', withVideo({ change: 'damage' }), 'it is damaged'],
    ['interlacing', withVideo({ progressive: false }), 'interlaced or unknown field order, wished progressive'],
    ['oblong pixels', withVideo({ sampleAspect: 4 / 3 }), 'pixel aspect 1.333, wished square'],
    ['a rotation', withVideo({ rotation: 90 }), 'rotated by 90 degrees'],
    ['another size', withVideo({ width: 1920, height: 1080 }), 'size 1920x1080, wished 1280x720'],
    ['another frame rate', withVideo({ fps: 25 }), 'frame rate 25, wished 30'],
    ['an unknown frame rate', withVideo({ fps: 0 }), 'frame rate unknown, wished 30'],
    ['a variable frame rate', withVideo({ variableFrameRate: true }), 'variable frame rate'],
    ['a late start', withVideo({ startTimeS: 0.5 }), 'video starts at 0.5 s, wished 0 (an edit list or a cut)'],
    ['an early cut', withVideo({ startTimeS: -1.2 }), 'video starts at -1.2 s, wished 0 (an edit list or a cut)'],
    ['deep reordering', withVideo({ hasBFrames: 4 }), 'pictures reordered over 4 frames, wished at most 2'],
    ['rare key frames', withVideo({ maxKeyframeGapS: 8.333 }), 'key frames up to 8.333 s apart, wished at most 4 s'],
    ['unknown key frames', withVideo({ maxKeyframeGapS: null }), 'key frame distance unknown, wished at most 4 s'],
    ['a high bitrate', withVideo({ bitrateKbps: 3200 }), 'video bitrate 3200 kbit/s, wished at most 3000 kbit/s'],
  ];
  const soundDeviations: readonly (readonly [string, ItemFacts, string])[] = [
    ['no audio', { ...house, audio: null }, 'no audio'],
    ['MP3', withAudio({ codec: 'mp3' }), 'audio codec mp3, wished aac'],
    ['HE-AAC', withAudio({ profile: 'HE-AAC' }), 'audio profile HE-AAC, wished LC'],
    ['48 kHz', withAudio({ sampleRateHz: 48_000 }), 'audio at 48000 Hz, wished 44100 Hz'],
    ['mono', withAudio({ channels: 1 }), '1 audio channels, wished 2'],
  ];
  const extents = (change: Partial<StreamExtents>): ItemFacts => ({
    ...house,
    extents: { videoEndS: 100, audioStartS: 0, audioEndS: 100, ...change },
  });
  it.each([
    [{ audioStartS: 0.8 }, 'sound begins 0.8 s after the picture'],
    [{ audioEndS: 98.5 }, 'sound ends 1.5 s before the picture'],
    [{ videoEndS: 99.7 }, 'sound goes on for 0.3 s after the picture'],
  ])('encodes a sound that is not as long as the picture: %j', (change, reason) => {
    expect(decideCopy(extents(change), format, 'auto')).toEqual({ ...SOUND_ENCODED, reasons: [reason] });
  });

  it('encodes a sound whose beginning an edit list leaves out, as a copy would send it, and the picture after it', () => {
    const cut = { ...extents({}), audio: withAudio({ startTimeS: -1 }).audio };
    const reasons = ['sound begins 1 s before the file does (an edit list)'];
    expect(decideCopy(cut, format, 'auto')).toEqual({ ...SOUND_ENCODED, reasons });
  });

  it('encodes a sound that is damaged, as its encoder fills in what cannot be decoded', () => {
    const damaged = { ...extents({}), audio: withAudio({ isDamaged: true }).audio };
    expect(decideCopy(damaged, format, 'auto')).toEqual({ ...SOUND_ENCODED, reasons: ['sound is damaged'] });
    expect(decideCopy(damaged, format, 'copy').mode).toBe('copy');
  });

  it.each([
    [{ videoEndS: 99 }, 'picture ends 1 s before the sound'],
    [{ videoEndS: null }, 'where picture and sound end is not told'],
    [{ audioEndS: null }, 'where picture and sound end is not told'],
  ])('encodes a picture that ends before its sound, or may: %j', (change, reason) => {
    expect(decideCopy(extents(change), format, 'auto')).toEqual({ ...NOTHING, reasons: [reason] });
  });

  it.each([{}, { audioStartS: 0.1, audioEndS: 99.9 }, { videoEndS: 99.9 }])(
    'copies all where they differ by less than is heard: %j',
    (change) => {
      expect(decideCopy(extents(change), format, 'auto')).toEqual({ ...ALL, reasons: [] });
    },
  );

  it.each(soundDeviations)('encodes the sound alone of an item with %s and says why', (_name, facts, reason) => {
    expect(decideCopy(facts, format, 'auto')).toEqual({ ...SOUND_ENCODED, reasons: [reason] });
    expect(decideCopy(facts, format, 'copy')).toEqual({ ...SOUND_ENCODED, reasons: [reason] });
  });

  it.each(deviations)('transcodes an item with %s and says why', (_name, facts, reason) => {
    expect(decideCopy(facts, format, 'auto')).toEqual({ ...NOTHING, reasons: [reason] });
  });

  it('takes the mean of the whole file for an unknown video bitrate', () => {
    expect(decideCopy(withVideo({ bitrateKbps: null }), format, 'auto').mode).toBe('copy');
    const large = { ...withVideo({ bitrateKbps: null }), sizeBytes: 50_000_000 };
    expect(decideCopy(large, format, 'auto').reasons).toEqual([
      'video bitrate 4000 kbit/s, wished at most 3000 kbit/s',
    ]);
  });

  it('transcodes when no bitrate can be derived', () => {
    const facts = { ...withVideo({ bitrateKbps: null }), durationS: null };
    expect(decideCopy(facts, format, 'auto').reasons).toEqual(['video bitrate unknown, wished at most 3000 kbit/s']);
  });

  it('tolerates 5 % more bitrate, 0.1 % of frame rate and 0.1 s of start', () => {
    const facts = withVideo({ bitrateKbps: 3150, fps: 30_000 / 1001, startTimeS: 0.1, maxKeyframeGapS: 4 });
    expect(decideCopy(facts, format, 'auto')).toEqual({ ...ALL, reasons: [] });
  });

  it('copies at the operator’s word and lists what is off', () => {
    expect(decideCopy(withVideo({ width: 640, height: 360 }), format, 'copy')).toEqual({
      ...ALL,
      reasons: ['size 640x360, wished 1280x720'],
    });
  });

  it('transcodes despite encode: copy what TS and FLV cannot carry', () => {
    expect(decideCopy(withVideo({ codec: 'vp9' }), format, 'copy').mode).toBe('transcode');
    expect(decideCopy({ ...house, audio: null }, format, 'copy').mode).toBe('transcode');
  });

  it('transcodes despite encode: copy what a decoder would play by the parameters of another item', () => {
    expect(decideCopy(withAudio({ sampleRateHz: 48_000 }), format, 'copy')).toEqual({
      ...SOUND_ENCODED,
      reasons: ['audio at 48000 Hz, wished 44100 Hz'],
    });
    expect(decideCopy(withAudio({ channels: 6 }), format, 'copy').mode).toBe('transcode');
  });

  it('transcodes at the operator’s word', () => {
    expect(decideCopy(house, format, 'transcode').mode).toBe('transcode');
  });
});
