import { describe, expect, it } from 'vitest';
import { COPY_COST, type Cost, inspectionLines, shellWord } from '../../../src/cli/media/inspection.ts';
import { sampledItem } from '../../../src/cli/media/item-to-encode.ts';
import { fileFormat, houseFileBytes, houseKey, workName } from '../../../src/cli/prepare/house-file-format.ts';
import type { Encode } from '../../../src/reconcile/model/desired.ts';
import type { Requests } from '../../../src/observe/probe/container/mp4-requests.ts';
import type { ItemFacts } from '../../../src/reconcile/model/item.ts';
import { decideCopy } from '../../../src/reconcile/playout/copy-decision.ts';
import { houseFormat } from '../../../src/reconcile/playout/house-format.ts';
import { partSizeBytes } from '../../../src/store/s3/parts.ts';
import { copyableFacts, factsOf, SPEC } from '../../reconcile/world-builder.ts';

const FORMAT = houseFormat(SPEC);
const MIB = 1024 * 1024;

describe('where a prepared item goes', () => {
  it.each([
    ['rain.mkv', 'rain.house.mp4'],
    ['shows/2024.01/rain', 'shows/2024.01/rain.house.mp4'],
    ['shows/a b.c.webm', 'shows/a b.c.house.mp4'],
    ['.hidden', '.hidden.house.mp4'],
    ['rain.house.mp4', 'rain.house.house.mp4'],
    ['dir.d/.mkv', 'dir.d/.mkv.house.mp4'],
  ])('%s becomes %s', (key, wanted) => {
    expect(houseKey(key)).toBe(wanted);
  });
});

describe('the finished file', () => {
  it('has another name for another version, format or backdrop, and none that a shell or a store would mind', () => {
    const facts = factsOf('a');
    const names = [
      workName(facts, FORMAT, null),
      workName({ ...facts, version: 'v2' }, FORMAT, null),
      workName(facts, { ...FORMAT, videoBitrateKbps: 1 }, null),
      workName(facts, FORMAT, factsOf('b')),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^house-[0-9a-f]{12}\.mp4$/);
    expect(workName({ ...facts }, { ...FORMAT }, null)).toBe(names[0]);
  });

  it('takes what rate and length make, and nobody knows how much without a length', () => {
    const bytes = houseFileBytes(factsOf('a', { durationS: 3_600 }), FORMAT) ?? 0;
    const payload = ((FORMAT.videoBitrateKbps + 128) * 1000 * 3_600) / 8;
    expect(bytes).toBeGreaterThan(payload);
    expect(bytes).toBeLessThan(payload * 1.1);
    expect(houseFileBytes(factsOf('a', { durationS: null }), FORMAT)).toBeNull();
  });

  it('is encoded at a little less where it is short, and at the very rate of what is on air else', () => {
    expect(fileFormat(factsOf('a', { durationS: 20 }), FORMAT)).toBe(FORMAT);
    for (const durationS of [0.5, 1, 5, 19]) {
      const { videoBitrateKbps } = fileFormat(factsOf('a', { durationS }), FORMAT);
      // With 0.4 s of the rate on top it is within the tolerance.
      expect((videoBitrateKbps * (durationS + 0.4)) / durationS).toBeLessThanOrEqual(FORMAT.videoBitrateKbps);
    }
  });
});

describe('the parts of an upload', () => {
  it('are at most 10,000, at least 5 MiB, and whole MiB', () => {
    for (const sizeBytes of [1, 16 * MIB, 1e9, 1e11, 5e12]) {
      const part = partSizeBytes(sizeBytes);
      expect(part % MIB).toBe(0);
      expect(part).toBeGreaterThanOrEqual(5 * MIB);
      expect(Math.ceil(sizeBytes / part)).toBeLessThanOrEqual(10_000);
      expect(part).toBeLessThan(5 * 1024 * MIB);
    }
  });
});

describe('the sample of an item', () => {
  it('is taken from within, where it is long enough', () => {
    expect(sampledItem(factsOf('a', { durationS: 600 }), FORMAT, 8).part.cursor.offsetMs).toBe(199_800);
    expect(sampledItem(factsOf('a', { durationS: 20 }), FORMAT, 8).part.cursor.offsetMs).toBe(0);
    expect(sampledItem(factsOf('a', { durationS: null }), FORMAT, 8).part.cursor.offsetMs).toBe(0);
  });
});

describe('the inspection for people', () => {
  const lines = (
    facts = copyableFacts('rain.mp4'),
    encode: Encode = 'auto',
    cost: Cost = COPY_COST,
    requests: Requests | null = null,
  ): string => {
    const desired = { ...SPEC, encode };
    const verdict = decideCopy(facts, FORMAT, encode);
    const wrongColours = facts.video?.colours !== undefined;
    return inspectionLines({
      facts,
      desired,
      desiredFrom: 'desired.yaml',
      verdict,
      cost,
      requests,
      machineCores: 2,
      wrongColours,
    }).join('\n');
  };

  it('tells how many requests it makes of the store, and what to do where they are more than usual', () => {
    const asking = (requests: Requests, change: Partial<ItemFacts> = {}): string =>
      lines({ ...copyableFacts('rain.mp4'), durationS: 40, ...change }, 'auto', COPY_COST, requests);
    expect(lines()).not.toContain('requests');
    const usual = asking({ connections: 1, requests: 3 });
    expect(usual).toMatch(/requests +about 3 to the store in all, 0\.075 a second, over one connection\n/);
    expect(usual).toMatch(/to do +nothing$/);
    const often = asking({ connections: 1, requests: 28 });
    expect(often).toMatch(
      /requests +about 28 to the store in all, 0\.7 a second, over one connection: some of its picture/,
    );
    expect(often).toMatch(/to do +put picture and sound together: ffmpeg -i OLD -c copy/);
    expect(asking({ connections: 2, requests: 2 }, { apartS: 20, durationS: null })).toMatch(
      /requests +about 2 to the store in all, over 2 connections at a time: picture and sound lie 20 s apart in it\n/,
    );
  });

  it('says that nothing is to do for what is copied, and what is off about a forced copy', () => {
    expect(lines()).toMatch(/verdict {4}copy\n {2}cost {7}about 0\.01 of a core .*\n {2}to do {6}nothing$/);
    const small = copyableFacts('small.mp4');
    const forced = { ...small, video: small.video === null ? null : { ...small.video, width: 640, height: 360 } };
    expect(lines(forced, 'copy')).toMatch(/verdict {4}copy\n {2}although {3}size 640x360, wished 1280x720\n/);
  });

  it('says that HDR is sent with wrong colours where nothing can be done about it', () => {
    const { video } = factsOf('a');
    const colours = { range: 'tv', matrix: 'bt2020nc', transfer: 'smpte2084', primaries: 'bt2020' };
    const text = lines(factsOf('a', { video: video === null ? null : { ...video, colours } }));
    expect(text).toContain('colours    HDR (PQ), sent with wrong colours: this FFmpeg has no zscale');
    expect(text).toContain('to do      convert it to SDR elsewhere');
    expect(lines()).not.toContain('colours');
  });

  it('knows that no file helps against encode: transcode', () => {
    expect(lines(copyableFacts('a'), 'transcode', { kind: 'measured', cores: 0.46, sampleS: 8 })).toMatch(
      /about 0\.5 of a core .*\n {2}to do {6}desired\.yaml says encode: transcode/,
    );
  });

  it('says before it is on air that this machine is too slow for an item', () => {
    const heavy = lines(factsOf('a'), 'auto', { kind: 'measured', cores: 3.52, sampleS: 8 });
    expect(heavy).toMatch(
      /about 3\.5 of a core while on air, too slow for this machine, which has 2 .*\n {2}to do {6}streamctl/,
    );
    expect(lines(factsOf('a'), 'auto', { kind: 'measured', cores: 1.9, sampleS: 8 })).not.toContain('too slow');
  });

  it('has words for what is missing, and lets nothing move the cursor', () => {
    const text = lines({ ...factsOf('a\u001b[2J'), video: null, audio: null, durationS: null }, 'auto', {
      kind: 'unknown',
      why: 'ffmpeg is not on PATH',
    });
    for (const part of ['length unknown', 'none: the visual', 'none: silence', 'not known (ffmpeg is not on PATH)'])
      expect(text).toContain(part);
    expect(text).not.toContain('\u001b');
  });

  it.each([
    ['loops/rain.mkv', 'loops/rain.mkv'],
    ["it's odd", String.raw`'it'\''s odd'`],
    ['$(reboot)', "'$(reboot)'"],
    ['-rf', '-- -rf'],
    ['Straße/été.mp4', 'Straße/été.mp4'],
  ])('writes the key %s so that a shell takes it for itself', (key, wanted) => {
    expect(shellWord(key)).toBe(wanted);
  });
});
