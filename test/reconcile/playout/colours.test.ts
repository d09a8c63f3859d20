import { expect, it } from 'vitest';
import type { VideoFacts } from '../../../src/reconcile/model/item.ts';
import { matrixOf } from '../../../src/reconcile/playout/colours.ts';
import { copyableFacts } from '../world-builder.ts';

const matrixWith = (change: Partial<VideoFacts>): string => {
  const { video } = copyableFacts('rain.mp4');
  if (video === null) throw new Error('it has a picture');
  return matrixOf({ ...video, ...change });
};
const tagged = (matrix: string | null): Partial<VideoFacts> => ({
  colours: { range: null, matrix, transfer: null, primaries: null },
});

it.each([
  ['untagged and HD', {}, 'bt709'],
  ['untagged and tall', { width: 405, height: 720 }, 'bt709'],
  ['untagged and SD', { width: 720, height: 576 }, 'bt601'],
  ['untagged and still, of any size', { still: true, width: 4000, height: 3000 }, 'bt601'],
  ['tagged, whatever its size', tagged('smpte170m'), 'bt601'],
  ['tagged HD of SD size', { ...tagged('bt709'), width: 640, height: 360 }, 'bt709'],
  ['BT.2020', tagged('bt2020nc'), 'bt2020'],
  ['tagged by a matrix nobody uses', tagged('fcc'), 'bt709'],
  ['RGB, whatever it is tagged', { ...tagged('bt709'), pixelFormat: 'gbrp' }, 'rgb'],
  ['RGB with an alpha channel', { pixelFormat: 'bgra' }, 'rgb'],
  ['a palette', { pixelFormat: 'pal8' }, 'rgb'],
])('a picture that is %s is taken for %s', (_, change: Partial<VideoFacts>, matrix) => {
  expect(matrixWith(change)).toBe(matrix);
});
