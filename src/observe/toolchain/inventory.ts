import { askProgram } from '../../system/programs.ts';

/** What a build of FFmpeg says it has, by its own names. */
export interface FfmpegInventory {
  readonly inputProtocols: ReadonlySet<string>;
  readonly outputProtocols: ReadonlySet<string>;
  readonly demuxers: ReadonlySet<string>;
  readonly muxers: ReadonlySet<string>;
  readonly bitstreamFilters: ReadonlySet<string>;
}

/** Asks the binary; lists it does not answer are empty. */
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
 * The formats of `-demuxers` or `-muxers`, in lines such as ` D  mov,mp4,m4a    QuickTime / MOV`: every name of a format
 * counts. From FFmpeg 7 on there is a column more, for devices: ` D d lavfi   Libavfilter virtual input device`.
 */
export function formatsOf(text: string): Set<string> {
  const names = [...text.matchAll(/^ [D ][E ][d ]? ([\w,]+) /gm)].flatMap(([, found = '']) => found.split(','));
  return new Set(names);
}
