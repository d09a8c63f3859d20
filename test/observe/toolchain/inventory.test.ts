import { describe, expect, test } from 'vitest';
import { formatsOf, takeInventory } from '../../../src/observe/toolchain/inventory.ts';

const OF_5_1 = `File formats:
 D. = Demuxing supported
 .E = Muxing supported
 --
 D  3dostr          3DO STR
 DE ac3             raw AC-3
 D  lavfi           Libavfilter virtual input device
 D  mov,mp4,m4a     QuickTime / MOV
`;
const OF_7_1 = `Demuxers:
 D.. = Demuxing supported
 .E. = Muxing supported
 ..d = Is a device
 ---
 D   3dostr          3DO STR
 DE  ac3             raw AC-3
 D d lavfi           Libavfilter virtual input device
 D   mov,mp4,m4a     QuickTime / MOV
`;

describe('what a build of FFmpeg has', () => {
  test.each([
    ['5.1', OF_5_1],
    ['7.1, with a column for devices', OF_7_1],
  ])('is read from the lists of %s', (_, text) => {
    expect(formatsOf(text)).toEqual(new Set(['3dostr', 'ac3', 'lavfi', 'mov', 'mp4', 'm4a']));
  });

  test('is read from the FFmpeg that is here', async () => {
    const inventory = await takeInventory('ffmpeg');
    expect([...inventory.demuxers]).toEqual(expect.arrayContaining(['lavfi', 'mov', 'concat', 'mpegts']));
    expect([...inventory.muxers]).toEqual(expect.arrayContaining(['flv', 'mpegts']));
    expect(inventory.inputProtocols).toContain('https');
    expect(inventory.outputProtocols).toContain('rtmps');
    expect(inventory.bitstreamFilters).toContain('extract_extradata');
  });
});
