import { askProgram } from '../../system/programs.ts';

/** The parts that a build of FFmpeg has, by their names in FFmpeg. */
export interface FfmpegInventory {
  readonly inputProtocols: ReadonlySet<string>;
  readonly outputProtocols: ReadonlySet<string>;
  readonly demuxers: ReadonlySet<string>;
  readonly muxers: ReadonlySet<string>;
  readonly bitstreamFilters: ReadonlySet<string>;
}

/** Asks the binary; a list that it does not answer is empty. */
export async function takeInventory(path: string, signal?: AbortSignal): Promise<FfmpegInventory> {
  const [protocols, demuxers, muxers, bitstreamFilters] = await Promise.all(
    ['-protocols', '-demuxers', '-muxers', '-bsfs'].map((question) =>
      askProgram(path, ['-hide_banner', question], signal),
    ),
  );
  const [inputs = '', outputs = ''] = (protocols?.stdout ?? '').split('Output:');
  return {
    inputProtocols: wordsOf(inputs.split('Input:')[1] ?? ''),
    outputProtocols: wordsOf(outputs),
    demuxers: formatsOf(demuxers?.stdout ?? ''),
    muxers: formatsOf(muxers?.stdout ?? ''),
    bitstreamFilters: wordsOf(bitstreamFilters?.stdout ?? ''),
  };
}

const wordsOf = (text: string): Set<string> => new Set(text.split(/\s+/).filter((word) => word !== ''));

/**
 * The format names in the output of `-demuxers` or `-muxers`, with lines such as ` D  mov,mp4,m4a    QuickTime / MOV`. From
 * FFmpeg 7 on a further column marks devices: ` D d lavfi   Libavfilter virtual input device`.
 */
export function formatsOf(text: string): Set<string> {
  const names = [...text.matchAll(/^ [D ][E ][d ]? ([\w,]+) /gm)].flatMap(([, found = '']) => found.split(','));
  return new Set(names);
}
