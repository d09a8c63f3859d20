import { z } from 'zod';
import { cronFault } from './cron.ts';
import { mediaSchema, optionalKeySchema, visualSchema } from './media.ts';
import type { DesiredSpec, Resolution } from '../../../reconcile/model/desired.ts';
import { complaint } from '../../../text/complaint.ts';
import { broadcastSchema } from './broadcast.ts';
import { accepting, choice, nearHint } from './accepting.ts';

const BITRATE = '100k to 51000k, written 3000k, 3M, 2.5M, or as a number of kbit/s';
const RESOLUTION = 'WIDTHxHEIGHT, both even, 16x16 to 3840x2160, such as 1280x720';
const FPS = 'a number from 1 to 60, such as 30 or 29.97';
const PAUSE = '10s to 30m, written 90s, 2m, or as a number of seconds';
const CRON = 'null, or a cron expression such as "0 */8 * * *"';
const TIMEZONE = 'an IANA time zone such as UTC or Europe/Berlin';

const [atBitrate, atFps, atPause] = [accepting(BITRATE, bitrateHint), accepting(FPS), accepting(PAUSE)];

const running = z.boolean({ error: accepting('true or false') });

const bitrate = z
  .union(
    [
      z.string().regex(/^(?:[0-9]{1,5}[kK]|[0-9]{1,2}(?:\.[0-9]{1,3})?[mM])$/, { error: atBitrate, abort: true }),
      z.int({ error: atBitrate }).min(100, { error: atBitrate }).max(51_000, { error: atBitrate }),
    ],
    { error: atBitrate },
  )
  .transform((value) => (typeof value === 'number' ? value : kbpsOf(value)))
  .refine((kbps) => kbps >= 100 && kbps <= 51_000, { error: (issue) => complaint(`${String(issue.input)}k`, BITRATE) });

const resolution = z
  .string({ error: accepting(RESOLUTION) })
  .regex(/^[0-9]{2,4}x[0-9]{2,4}$/, { error: accepting(RESOLUTION), abort: true })
  .refine((text) => isAllowed(resolutionOf(text)), { error: accepting(RESOLUTION) })
  .transform(resolutionOf);

const fps = z.number({ error: atFps }).min(1, { error: atFps }).max(60, { error: atFps });

const recycle = z
  .string({ error: accepting(CRON) })
  .superRefine((expression, context) => {
    const fault = cronFault(expression);
    if (fault !== null) context.addIssue({ code: 'custom', message: complaint(expression, CRON, fault) });
  })
  .nullable();

const recyclePause = z
  .union(
    [
      z.string().regex(/^[0-9]{1,4}[sm]$/, { error: atPause, abort: true }),
      z.number().min(10, { error: atPause }).max(1800, { error: atPause }),
    ],
    { error: atPause },
  )
  .transform((value) => Math.round(1000 * (typeof value === 'number' ? value : secondsOf(value))))
  .refine((ms) => ms >= 10_000 && ms <= 1_800_000, {
    error: (issue) => complaint(`${String(Number(issue.input) / 1000)}s`, PAUSE),
  });

const timezone = z.string({ error: accepting(TIMEZONE) }).refine(isTimezone, {
  error: accepting(TIMEZONE, (found) => nearHint(found, Intl.supportedValuesOf('timeZone'))),
});

/** The keys of the file, each with what editors show for it. */
const fileShape = {
  running: running.meta({ description: 'true: on air; false: off air.', examples: [true, false] }),
  media: mediaSchema.meta({
    description: 'What is played: an object key, a list of keys, or a prefix that ends in /.',
    examples: ['loops/rain.mp4', ['loops/rain.mp4', 'loops/fire.mp4'], 'loops/'],
  }),
  bitrate: bitrate.meta({
    description: 'Video bitrate: 3000k, 3M, or a number of kbit/s; 100k to 51000k.',
    examples: ['3000k', '4.5M', 3000],
  }),
  resolution: resolution.prefault('1280x720').meta({
    description: 'Picture size, WIDTHxHEIGHT, both even. A change opens a new session.',
    examples: ['1280x720', '1920x1080', '2560x1440', '3840x2160'],
  }),
  fps: fps.prefault(30).meta({
    description: 'Pictures per second, 1 to 60. A change opens a new session.',
    examples: [24, 25, 29.97, 30, 60],
  }),
  encode: choice(['auto', 'copy', 'transcode'])
    .prefault('auto')
    .meta({
      description: 'auto: encode only what does not fit as it is; copy: never; transcode: always.',
      examples: ['auto', 'copy', 'transcode'],
    }),
  order: choice(['listed', 'shuffled'])
    .prefault('listed')
    .meta({
      description: 'Order in which several media are played.',
      examples: ['listed', 'shuffled'],
    }),
  slate: optionalKeySchema.prefault(null).meta({
    description: 'Key of an image or clip shown while no media can be had; null: the built-in picture.',
    examples: ['slates/back-soon.png'],
  }),
  visual: visualSchema.prefault(null).meta({
    description:
      "Image or looping clip shown under audio-only items: a key, or a list or a prefix, another one for each item; null: the slate's picture.",
    examples: ['visuals/waves.mp4', ['visuals/waves.mp4', 'visuals/fire.mp4'], 'visuals/'],
  }),
  recycle: recycle.prefault(null).meta({
    description: 'Cron expression: end this broadcast and begin a new one, at most every 30 minutes; null: never.',
    examples: ['0 */8 * * *', '0 4,12,20 * * *'],
  }),
  recycle_pause: recyclePause.prefault('90s').meta({
    description: 'How long off air for recycle: 90s, 2m, or a number of seconds; 10s to 30m.',
    examples: ['90s', '2m', 120],
  }),
  timezone: timezone.prefault('UTC').meta({
    description: 'IANA time zone in which recycle is read, and in which a broadcast is dated.',
    examples: ['UTC', 'Europe/Berlin', 'America/New_York'],
  }),
  broadcast: broadcastSchema.prefault(null).meta({
    description: "What YouTube is to show, kept live and renewed; null: YouTube's side is left alone.",
    examples: [{ title: 'Rain, day and night · {date}', made_for_kids: false }],
  }),
};

/** The names a file may hold, in the order in which they are documented. */
export const DESIRED_KEYS: readonly string[] = Object.keys(fileShape);

/** Turns the plain data of `desired.yaml` into a spec. Every message says what was found and what is accepted. */
export const desiredSchema: z.ZodType<DesiredSpec> = z
  .strictObject(fileShape)
  .transform(({ bitrate: bitrateKbps, recycle_pause: recyclePauseMs, ...same }): DesiredSpec => {
    return { ...same, bitrateKbps, recyclePauseMs };
  })
  .meta({ title: 'desired.yaml', description: 'What the stream controller is to keep on air.' });

function bitrateHint(found: unknown): string | undefined {
  if (typeof found !== 'number' || found < 100_000) return undefined;
  return 'a bare number means kbit/s, this looks like bit/s: 3000000 bit/s is 3000k';
}

function kbpsOf(text: string): number {
  return Math.round(Number(text.slice(0, -1)) * (/m$/i.test(text) ? 1000 : 1));
}

function secondsOf(text: string): number {
  return Number(text.slice(0, -1)) * (text.endsWith('m') ? 60 : 1);
}

function resolutionOf(text: string): Resolution {
  const [width, height] = text.split('x').map(Number);
  return { width: width ?? 0, height: height ?? 0 };
}

function isAllowed({ width, height }: Resolution): boolean {
  return width >= 16 && width <= 3840 && height >= 16 && height <= 2160 && width % 2 === 0 && height % 2 === 0;
}

/** Offsets such as +02:00 pass Intl too, but know no daylight saving and are no IANA names. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  // The first `DateTimeFormat` takes 12 ms of the daemon's start, which the default does not need.
  if (name === 'UTC') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
