import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../fixtures/run-tool.ts';

/** One stream of a file, as FFmpeg decodes it: nothing is filled in or smoothed. Seconds from the file's beginning. */
export interface Decoded {
  /** null when there is nothing of it. */
  readonly beginS: number | null;
  readonly endS: number;
  /** Longer than a tenth of a second without any of it. */
  readonly gaps: readonly { readonly atS: number; readonly lengthS: number }[];
  /** When flashes, or beeps, begin. A click of bytes that mean something else is no beep. */
  readonly clapsS: readonly number[];
  /** Where a fifth of a second of it and more has time stamps for a tenth of that. */
  readonly squeezes: readonly { readonly fromS: number; readonly toS: number }[];
  /** Its time stamps jump back somewhere. */
  readonly goesBack: boolean;
}

const MAX_MS = 60_000;
const RATE_HZ = 22_050;
const BLOCK_SAMPLES = 220;
/** Mean brightness, of 255. */
const BRIGHT = 150;
/** Root mean square, dB. */
const LOUD = -14;
const GAP_S = 0.1;
/** Flashes and beeps of a film come once a second. */
const APART_S = 0.3;
/** A beep is ten blocks, of which one may also hold what comes before or behind a gap. */
const LEAST_LOUD_BLOCKS = 3;
const SQUEEZED_S = 0.2;
const SQUEEZED_TO = 0.1;

/** Decodes all of it in one run; `dir` is for what is in between, `options` are FFmpeg's for the input. */
export async function decode(
  file: string,
  dir: string,
  options: readonly string[] = [],
): Promise<{ readonly picture: Decoded; readonly sound: Decoded }> {
  const scratch = mkdtempSync(join(dir, 'decode-'));
  try {
    const [light, loudness, media] = ['light', 'loudness', 'media'].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ];
    // By its name FFmpeg would take `x.jpg` for pictures.
    symlinkSync(file, media);
    const look = `scale=16:16:flags=area,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=${light}`;
    const listen =
      `aresample=${RATE_HZ},aformat=channel_layouts=mono,asetnsamples=n=${BLOCK_SAMPLES}:p=0,` +
      'astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level,' +
      `ametadata=print:key=lavfi.astats.Overall.RMS_level:file=${loudness}`;
    const maps = ['-map', '0:V:0?', '-vf', look, '-map', '0:a:0?', '-af', listen, '-fps_mode', 'passthrough'];
    const args = ['-nostdin', '-v', 'error', ...options, '-i', `file:${media}`, ...maps, '-f', 'null', '-'];
    await runTool('ffmpeg', args, { timeoutMs: MAX_MS });
    return {
      picture: decoded(light, 1 / 30, BRIGHT, 1),
      sound: decoded(loudness, BLOCK_SAMPLES / RATE_HZ, LOUD, LEAST_LOUD_BLOCKS),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * From what the filters `metadata` and `ametadata` print; `eachS`: how long one of them is, `least`: how many above the
 * threshold in a row begin a clap.
 */
function decoded(path: string, eachS: number, threshold: number, least: number): Decoded {
  const inOrder = [...textOf(path).matchAll(/pts_time:(\S+)\n\S+=(\S+)/g)]
    .map(([, atS, value]) => ({ atS: Number(atS), isClap: Number(value) > threshold }))
    .filter(({ atS }) => Number.isFinite(atS));
  const goesBack = inOrder.some(({ atS }, i) => atS < (inOrder[i - 1]?.atS ?? -Infinity) - GAP_S);
  const values = inOrder.toSorted((a, b) => a.atS - b.atS);
  const gaps = values.flatMap(({ atS }, i) => {
    const lengthS = atS - (values[i - 1]?.atS ?? atS);
    return lengthS > GAP_S ? [{ atS, lengthS }] : [];
  });
  const clapsS: number[] = [];
  for (const [i, { atS }] of values.entries()) {
    const row = values.slice(i, i + least);
    const isRow = row.length === least && row.every(({ isClap }) => isClap) && (row.at(-1)?.atS ?? NaN) - atS < GAP_S;
    const goesOn = values[i - 1]?.isClap === true && atS - (values[i - 1]?.atS ?? NaN) < GAP_S;
    if (isRow && !goesOn && atS - (clapsS.at(-1) ?? -1) > APART_S) clapsS.push(atS);
  }
  const squeezes = values.flatMap(({ atS: fromS }, i) => {
    const toS = values[i + Math.ceil(SQUEEZED_S / eachS)]?.atS ?? Infinity;
    return toS - fromS < SQUEEZED_S * SQUEEZED_TO ? [{ fromS, toS }] : [];
  });
  const endS = (values.at(-1)?.atS ?? -eachS) + eachS;
  return { beginS: values[0]?.atS ?? null, endS, gaps, clapsS, squeezes, goesBack };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
