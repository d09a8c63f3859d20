import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../fixtures/run-tool.ts';
import type { Random } from '../../simulation/random.ts';
import { type Form, FORMS, sampleOf } from './samples.ts';

/** A file that chance made, and how. */
export interface DrawnFile {
  readonly path: string;
  readonly what: string;
}

interface Draft {
  readonly path: string;
  readonly form: Form;
  readonly random: Random;
  /** A name for the next file. */
  readonly next: (container: string) => string;
}

/** null = it cannot be done to this file. */
type Change = (draft: Draft) => Promise<{ readonly path: string; readonly what: string } | null>;

/** A file of some form, to which one to three things were done; the same for the same numbers drawn. */
export async function drawFile(random: Random, dir: string): Promise<DrawnFile> {
  const form = random.pick(FORMS);
  let path = await sampleOf(form);
  const steps = [`${form.container} ${FORMS.indexOf(form)}`];
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  for (let step = 0; step < count; step++) {
    const change = random.pick(CHANGES);
    const next = (container: string): string => join(dir, `step-${step}.${container}`);
    const made = await change({ path, form, random, next });
    if (made === null) continue;
    ({ path } = made);
    steps.push(made.what);
  }
  return { path, what: steps.join(', ') };
}

const changeBytes =
  (what: string, edit: (bytes: Buffer, random: Random) => Buffer): Change =>
  ({ path, random, next }) => {
    const to = next(extensionOf(path));
    writeFileSync(to, edit(readFileSync(path), random));
    return Promise.resolve({ path: to, what });
  };

const extensionOf = (path: string): string => path.split('.').at(-1) ?? '';

const upTo = (random: Random, most: number): number => Math.floor(random.between(0, most));

const noise = (random: Random, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => upTo(random, 256)));

function overwritten(bytes: Buffer, at: number, by: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  by.copy(changed, at);
  return changed;
}

/** Where MP4 keeps what it says of itself. */
const BOXES = ['mvhd', 'tkhd', 'mdhd', 'elst', 'stts', 'ctts', 'stsz', 'stsc', 'stco', 'stss', 'stsd', 'avcC', 'esds'];

/** A number in one of the tables of an MP4, or anywhere in the first bytes of anything else, is another. */
function lie(bytes: Buffer, random: Random): Buffer {
  const at = bytes.indexOf(random.pick(BOXES));
  const place = at < 0 ? upTo(random, Math.min(bytes.length - 4, 600)) : at + 4 + upTo(random, 40);
  const value = random.pick([noise(random, 4), Buffer.from([0, 0, 0, upTo(random, 256)]), Buffer.from([0xff, 0xff])]);
  return overwritten(bytes, place, value);
}

/** Without encoding: arguments between the input and the output. */
const remux =
  (
    build: (draft: Draft) => { readonly what: string; readonly args: readonly string[]; readonly container?: string },
  ): Change =>
  async (draft) => {
    const { what, args, container = extensionOf(draft.path) } = build(draft);
    const to = draft.next(container);
    const all = [
      '-nostdin',
      '-v',
      'quiet',
      '-y',
      '-fflags',
      '+bitexact',
      ...args,
      '-c',
      'copy',
      '-fflags',
      '+bitexact',
      to,
    ];
    const { code } = await runTool('ffmpeg', all, { timeoutMs: 30_000 });
    // FFmpeg takes `x.jpg` for pictures, and without one it is content with no file.
    return code === 0 && existsSync(to) ? { path: to, what } : null;
  };

const twice = (path: string, first: readonly string[], second: readonly string[]): string[] => [
  ...[...first, '-i', path, ...second, '-i', path],
];

/** Packets beyond a time are shifted; `expression` in seconds. */
const shiftedAfter = (afterS: number, byS: number): string => `setts=ts='TS+if(gt(TS*TB,${afterS}),${byS}/TB,0)'`;

const CHANGES: readonly Change[] = [
  changeBytes('cut off', (bytes, random) => bytes.subarray(0, Math.floor(bytes.length * random.between(0.1, 0.98)))),
  changeBytes('without its beginning', (bytes, random) =>
    bytes.subarray(Math.floor(bytes.length * random.between(0.01, 0.6))),
  ),
  changeBytes('with a hole', (bytes, random) => {
    const at = upTo(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + upTo(random, bytes.length / 3))]);
  }),
  changeBytes('overwritten', (bytes, random) => {
    const size = Math.min(bytes.length, upTo(random, 30_000));
    return overwritten(
      bytes,
      upTo(random, bytes.length - size),
      random.chance(0.5) ? Buffer.alloc(size) : noise(random, size),
    );
  }),
  changeBytes('with wrong bits', (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let left = upTo(random, 40) + 1; left > 0; left--) changed[upTo(random, bytes.length)] = upTo(random, 256);
    return changed;
  }),
  changeBytes('with a lie', lie),
  changeBytes('with two lies', (bytes, random) => lie(lie(bytes, random), random)),
  changeBytes('with a wrong duration', (bytes, random) => {
    const at = bytes.indexOf('duration\0');
    const changed = Buffer.from(bytes);
    if (at >= 0) changed.writeDoubleBE(random.between(0.1, 60), at + 9);
    return changed;
  }),
  // As `cat` does it: with more of the same, with the same anew, with something else.
  async ({ path, form, random, next }) => {
    const other = random.pick([form, form, random.pick(FORMS)]);
    const to = next(extensionOf(path));
    writeFileSync(to, Buffer.concat([readFileSync(path), readFileSync(await sampleOf(other, random.pick([0, 1])))]));
    return { path: to, what: `joined with ${other.container} ${FORMS.indexOf(other)}` };
  },
  remux(({ path, random }) => {
    const byS = random.between(-2, 8).toFixed(2);
    const [first, second] = random.chance(0.5) ? [[], ['-itsoffset', byS]] : [['-itsoffset', byS], []];
    return {
      what: `${first.length > 0 ? 'picture' : 'sound'} ${byS} s later`,
      args: [...twice(path, first, second), '-map', '0:v?', '-map', '1:a?'],
    };
  }),
  remux(({ path, random }) => {
    const endS = random.between(0.1, 4.5).toFixed(2);
    const [first, second] = random.chance(0.5) ? [[], ['-t', endS]] : [['-t', endS], []];
    return {
      what: `${first.length > 0 ? 'picture' : 'sound'} ends after ${endS} s`,
      args: [...twice(path, first, second), '-map', '0:v?', '-map', '1:a?'],
    };
  }),
  remux(({ path, random }) => {
    const [afterS, byS] = [random.between(0.5, 4), random.between(-4, 14)].map((value) => value.toFixed(2));
    const stream = random.pick(['v', 'a', 'both']);
    const filter = shiftedAfter(Number(afterS), Number(byS));
    const filters = stream === 'both' ? ['-bsf:v', filter, '-bsf:a', filter] : [`-bsf:${stream}`, filter];
    return { what: `${stream} jumps by ${byS} s after ${afterS} s`, args: ['-i', path, '-map', '0', ...filters] };
  }),
  remux(({ path, random }) => {
    const factor = random.pick([0.5, 0.8, 0.96, 1.04, 1.5, 3]);
    const stream = random.pick(['v', 'a']);
    return {
      what: `${stream} ${factor} times as long`,
      args: ['-i', path, '-map', '0', `-bsf:${stream}`, `setts=ts=TS*${factor}`],
    };
  }),
  remux(({ path, random }) => {
    const [fromS, toS] = [random.between(0, 2), random.between(2.5, 5)].map((value) => value.toFixed(2));
    const stream = random.pick(['v', 'a']);
    const drop = `noise=amount=0:drop='between(pts*tb,${fromS},${toS})'`;
    return { what: `${stream} lacks ${fromS} to ${toS} s`, args: ['-i', path, '-map', '0', `-bsf:${stream}`, drop] };
  }),
  remux(({ path, random }) => {
    const atS = random.between(0.2, 3.5).toFixed(2);
    return { what: `cut at ${atS} s without encoding`, args: ['-ss', atS, '-i', path, '-map', '0'] };
  }),
  remux(({ path, random }) => {
    const atS = random.pick(['-3', '1.7', '95000', '3600']);
    return { what: `times from ${atS} s on`, args: ['-copyts', '-i', path, '-map', '0', '-output_ts_offset', atS] };
  }),
  remux(({ path, random }) => {
    const container = random.pick(['mp4', 'mov', 'mkv', 'ts', 'flv', 'avi', 'nut', 'asf', 'mpg']);
    return { what: `in ${container}`, container, args: ['-i', path, '-map', '0'] };
  }),
  // Only the bytes tell what it is.
  ({ path, random, next }) => {
    const to = next(random.pick(['mp4', 'jpg', 'mp3', 'txt', 'ts']));
    writeFileSync(to, readFileSync(path));
    return Promise.resolve({ path: to, what: `called ${extensionOf(to)}` });
  },
];
