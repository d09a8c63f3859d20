import { describe, expect, it } from 'vitest';
import { inspectedFacts, itemFacts } from '../../../src/observe/probe/facts.ts';
import { parseProbe } from '../../../src/observe/probe/output.ts';
import { packetFacts } from '../../../src/observe/probe/packets.ts';

const listed = { key: 'a.mp4', version: 'v1', sizeBytes: 1000 };
const videoStream = {
  ...{
    index: 1,
    codec_type: 'video',
    codec_name: 'h264',
    profile: 'High',
    pix_fmt: 'yuv420p',
    width: 640,
    height: 360,
  },
  ...{
    sample_aspect_ratio: '4:3',
    r_frame_rate: '30000/1001',
    avg_frame_rate: '30000/1001',
    field_order: 'progressive',
  },
  ...{ bit_rate: '1500000', start_time: '0.000000', nb_frames: '300', has_b_frames: 2 },
};
const format = { format_name: 'matroska,webm', duration: '10.010000', start_time: '0.000000' };
const factsFrom = (json: unknown, packets: unknown = null): ReturnType<typeof itemFacts> => {
  const output = parseProbe(json);
  if (output === null) throw new Error('the output was refused');
  return itemFacts(listed, output, packetFacts(packets));
};

describe('the facts read from ffprobe', () => {
  it('take numbers given as strings and ratios', () => {
    const { video, durationS } = factsFrom({ streams: [videoStream], format });
    expect(durationS).toBe(10.01);
    expect(video).toMatchObject({ bitrateKbps: 1500, variableFrameRate: false, hasBFrames: 2 });
    expect(video?.fps).toBeCloseTo(29.97, 2);
    expect(video?.sampleAspect).toBeCloseTo(4 / 3, 6);
  });

  it('take what is missing, N/A or 0/0 for unknown', () => {
    const bare = { index: 0, codec_type: 'video', avg_frame_rate: '0/0', bit_rate: 'N/A', sample_aspect_ratio: '0:1' };
    const { video, durationS, audio } = factsFrom({
      streams: [bare],
      format: { format_name: 'mpegts', duration: 'N/A' },
    });
    expect([durationS, audio]).toEqual([null, null]);
    expect(video).toEqual({
      ...{ codec: '', profile: '', pixelFormat: '', width: 0, height: 0, sampleAspect: 1, fps: 0, bitrateKbps: null },
      ...{ variableFrameRate: true, progressive: false, rotation: 0, hasBFrames: 0, startTimeS: 0 },
      ...{ maxKeyframeGapS: null, still: false },
    });
  });

  it('take the colours as they are tagged, and leave out what is not', () => {
    const coloursOf = (tags: object): unknown =>
      factsFrom({ streams: [{ ...videoStream, ...tags }], format }).video?.colours;
    const untagged = { color_range: 'unknown', color_space: 'reserved' };
    expect(coloursOf({})).toBeUndefined();
    expect(coloursOf(untagged)).toBeUndefined();
    expect(coloursOf({ ...untagged, color_space: 'bt2020nc', color_transfer: 'smpte2084' })).toEqual({
      ...{ range: null, matrix: 'bt2020nc', transfer: 'smpte2084', primaries: null },
    });
  });

  it('take title and artist as they are tagged, in whichever case, on one bounded line', () => {
    const tagged = (tags: object, streamTags: object = {}, formatName = 'mp3'): unknown => {
      const audio = { index: 0, codec_type: 'audio', codec_name: 'x', tags: streamTags };
      const { title, artist } = factsFrom({ streams: [audio], format: { ...format, format_name: formatName, tags } });
      return { title, artist };
    };
    expect(tagged({ title: ' Rain ', ARTIST: 'The\nClouds' })).toEqual({ title: 'Rain', artist: 'The\\u000aClouds' });
    expect(tagged({}, { TITLE: 'Rain', artist: 'Clouds' }, 'ogg')).toEqual({ title: 'Rain', artist: 'Clouds' });
    // Elsewhere a stream's title names the track.
    expect(tagged({}, { title: 'Stereo' }, 'matroska,webm')).toEqual({ title: undefined, artist: undefined });
    expect(tagged({ title: '', artist: 7 })).toEqual({ title: undefined, artist: undefined });
    expect(String((tagged({ title: 'x'.repeat(9_999) }) as { title: string }).title)).toHaveLength(200);
  });

  it('give the rotation clockwise, as FFmpeg turns the picture', () => {
    const turned = (rotation: number): number | undefined =>
      factsFrom({ streams: [{ ...videoStream, side_data_list: [{}, { rotation }] }], format }).video?.rotation;
    expect([turned(-90), turned(90), turned(180), turned(-180), turned(0)]).toEqual([90, 270, 180, 180, 0]);
  });

  it('leave cover pictures out and take the first audio stream', () => {
    const cover = { ...videoStream, index: 0, codec_name: 'png', disposition: { attached_pic: 1 } };
    const audio = {
      index: 2,
      codec_type: 'audio',
      codec_name: 'aac',
      profile: 'LC',
      sample_rate: '44100',
      channels: 2,
    };
    const facts = factsFrom({ streams: [cover, videoStream, audio, { ...audio, channels: 6 }], format });
    expect(facts.video?.codec).toBe('h264');
    expect(facts.audio).toEqual({ codec: 'aac', profile: 'LC', sampleRateHz: 44_100, channels: 2 });
  });

  it('tell where picture and sound begin and end, counted from the beginning of the file', () => {
    const audio = { index: 2, codec_type: 'audio', start_time: '1.900000', duration: '8.000000' };
    const video = { ...videoStream, start_time: '1.400000', duration: '10.000000' };
    const started = { ...format, start_time: '1.400000' };
    expect(factsFrom({ streams: [video, audio], format: started }).extents).toEqual({
      videoEndS: 10,
      audioStartS: 0.5,
      audioEndS: 8.5,
    });
    expect(factsFrom({ streams: [video], format: started }).extents).toBeUndefined();
  });

  it('take the end of a stream from Matroska’s tag', () => {
    const audio = { index: 2, codec_type: 'audio', start_time: '0.000000', tags: { DURATION: '01:00:09.500000000' } };
    const { extents } = factsFrom({ streams: [{ ...videoStream, tags: { DURATION: 'long' } }, audio], format });
    expect(extents).toEqual({ videoEndS: null, audioStartS: 0, audioEndS: 3609.5 });
  });

  it('take a single picture with sound to be as long as the sound', () => {
    const audio = { index: 2, codec_type: 'audio' };
    expect(factsFrom({ streams: [{ ...videoStream, nb_frames: '1' }, audio], format }).durationS).toBe(10.01);
    expect(factsFrom({ streams: [{ ...videoStream, nb_frames: '1' }], format }).durationS).toBeNull();
  });

  it('take it for a pause where the packets of an MP4 end before its tables say', () => {
    const sound = { index: 2, codec_type: 'audio', codec_name: 'aac', start_time: '0', duration: '60' };
    const output = parseProbe({
      streams: [{ ...videoStream, duration: '60' }, sound],
      format: { ...format, format_name: 'mov,mp4', duration: '60' },
    })!;
    const seenUpTo = (endS: number) =>
      packetFacts({ packets: Array.from({ length: endS * 10 }, (_, i) => ({ pts_time: String(i / 10), flags: 'K' })) });
    const pausesOf = (pictureS: number, soundS: number): unknown => {
      const looks = { pictures: seenUpTo(pictureS), sounds: seenUpTo(soundS), beyond: [] };
      const { video, audio } = inspectedFacts(listed, output, looks);
      return [video?.longestPauseS, audio?.longestPauseS];
    };
    expect(pausesOf(30, 30)).toEqual([undefined, undefined]);
    expect(pausesOf(1, 30)).toEqual([29.1, undefined]);
    expect(pausesOf(30, 20)).toEqual([undefined, 10.1]);
    expect(pausesOf(0, 0)).toEqual([30, 30]);
  });

  it('refuse output of another shape', () => {
    for (const json of [null, 'text', {}, { streams: [] }, []]) expect(parseProbe(json)).toBeNull();
  });

  const packet = (ptsS: number, flags: string): unknown => ({ pts_time: String(ptsS), flags });
  it('take the longest way without a key frame, the window’s end included', () => {
    const gap = (...packets: unknown[]): number | null | undefined => packetFacts({ packets })?.maxKeyframeGapS;
    expect(gap(packet(0, 'K__'), packet(2, 'K__'), packet(3, '___'))).toBe(2);
    expect(gap(packet(0, 'K__'), packet(2, 'K__'), packet(9, '___'))).toBe(7);
    expect(gap(packet(0, '___'), packet(5, 'K__'), packet(6, 'K__'))).toBe(5);
    expect(gap(packet(0, 'K__'), packet(9, '___'))).toBe(9);
    expect(gap(packet(0, '___'), packet(9, '___'))).toBeNull();
    expect(gap({ flags: 'K__' }, packet(0, 'K__'), packet(1, 'K__'))).toBe(1);
  });

  it('show a cut by an edit list as a start before zero', () => {
    const packets = { packets: [packet(-0.5, 'KD_'), packet(0, '___'), packet(0.5, 'K__')] };
    expect(factsFrom({ streams: [videoStream], format }, packets).video?.startTimeS).toBe(-0.5);
  });

  it('show a beginning between two key frames as a start at the first of them', () => {
    const start = (...packets: unknown[]): number | undefined =>
      factsFrom({ streams: [videoStream], format }, { packets }).video?.startTimeS;
    expect(start(packet(0, '___'), packet(1.2, 'K__'), packet(1.1, '___'))).toBe(1.2);
    expect(start(packet(0.1, 'K__'), packet(0, '___'), packet(2, 'K__'))).toBe(0);
  });
});
