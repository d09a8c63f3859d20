import { describe, expect, it } from 'vitest';
import { firstComplaint } from '../../../src/observe/probe/process.ts';

describe('what FFmpeg complains of first', () => {
  it.each([
    [
      'the cause, not what follows from it',
      [
        "[info] Input #0, wav, from 'pipe:0':",
        '[Parsed_aresample_8 @ 0x5608] [SWR @ 0x5609] [error] Rematrix is needed between 60 channels and stereo',
        '[fatal] Error while processing the decoded data for stream #0:0',
      ],
      'SWR: Rematrix is needed between 60 channels and stereo',
    ],
    ['no line whose beginning was cut off', ['0] [error] cut', '[h264 @ 0x56] [error] no frame!'], 'h264: no frame!'],
    ['no address', ['[https @ 0x5] [error] https://a.example/b?X-Amz-Signature=c gone'], '… gone'],
    ['nothing', ['[info] all is well'], 'it gave no reason'],
  ])('is %s', (_what, lines, complaint) => {
    expect(firstComplaint(lines.join('\n'))).toBe(complaint);
  });
});
