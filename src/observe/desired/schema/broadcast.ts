import { z } from 'zod';
import {
  lengthOf,
  LONGEST_DESCRIPTION_BYTES,
  LONGEST_TITLE,
  PLACEHOLDERS,
} from '../../../reconcile/broadcast/description.ts';
import type { BroadcastSpec } from '../../../reconcile/model/youtube/youtube.ts';
import { complaint } from '../../../text/complaint.ts';
import { nearestName } from '../../../text/nearest-name.ts';
import { optionalKeySchema } from './media.ts';
import { accepting, choice } from './accepting.ts';

/** YouTube's limit for all tags together (developers.google.com/youtube/v3/docs/videos, snippet.tags[]). */
const LONGEST_TAGS = 500;
const FILLED_IN = PLACEHOLDERS.map((name) => `{${name}}`);

const TITLE = `1 to ${LONGEST_TITLE} characters without < and >, with ${FILLED_IN.join(', ')} filled in`;
const DESCRIPTION = `at most ${LONGEST_DESCRIPTION_BYTES} bytes without < and >, with ${FILLED_IN.join(', ')} filled in`;
const CATEGORY = "null, or a category's id in digits and quotes, such as '10' for music";
const TAGS = `a list of words without < and >, at most ${LONGEST_TAGS} characters together`;
const PLAYLIST = "null, or a playlist's id, such as PLabc; not its address";
const KIDS =
  'true or false; whether it is made for kids is a legal statement (support.google.com/youtube/answer/9528076)';
const BROADCAST = 'null, or what YouTube is to show: title and made_for_kids at least';

/** `title` and `description`: text with placeholders. */
function textWith(accepted: string, isFit: (text: string) => boolean) {
  return z.string({ error: (issue) => complaint(issue.input, accepted) }).superRefine((text, context) => {
    const message = textFault(text, accepted, isFit);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
}

function textFault(text: string, accepted: string, isFit: (text: string) => boolean): string | null {
  if (/[<>]/.test(text)) return complaint(text, accepted, 'YouTube takes no < and >');
  if (!text.isWellFormed()) return complaint(text, accepted, 'half of a surrogate pair is no character');
  // Other braces are text; a misspelt placeholder would be read by viewers.
  for (const [found] of text.matchAll(/\{\w+\}/g)) {
    const nearest = FILLED_IN.includes(found) ? null : nearestName(found, FILLED_IN);
    if (nearest !== null) return complaint(text, accepted, `${found}: did you mean ${nearest}?`);
  }
  return isFit(text) ? null : complaint(text, accepted, `this one has ${lengthOf(text)} characters`);
}

const title = textWith(TITLE, (text) => text.trim().length > 0 && lengthOf(text) <= LONGEST_TITLE).meta({
  minLength: 1,
  maxLength: LONGEST_TITLE,
  pattern: '^[^<>]*$',
  description: 'Title; {date}, {time}, {n} and {item} are filled in when the broadcast begins.',
  examples: ['Rain, day and night · {date}'],
});

const description = textWith(DESCRIPTION, (text) => Buffer.byteLength(text) <= LONGEST_DESCRIPTION_BYTES).meta({
  pattern: '^[^<>]*$',
  description: 'Description, with the same placeholders; at most 5,000 bytes.',
  examples: ['Recorded in the Black Forest.'],
});

const category = z
  .string({ error: accepting(CATEGORY) })
  .regex(/^[0-9]{1,4}$/, { error: accepting(CATEGORY) })
  .nullable();

const tags = z
  .array(z.string({ error: accepting(TAGS) }).regex(/^[^<>]{1,100}$/, { error: accepting(TAGS) }), {
    error: accepting(TAGS),
  })
  .superRefine((words, context) => {
    // YouTube puts quotes around a tag with a space and commas between tags, and counts both.
    const length = words.reduce((sum, word) => sum + word.length + (word.includes(' ') ? 3 : 1), -1);
    if (length > LONGEST_TAGS) {
      context.addIssue({ code: 'custom', message: complaint(words, TAGS, `these have ${length}`) });
    }
  });

const playlist = z
  .string({ error: accepting(PLAYLIST) })
  .regex(/^[A-Za-z0-9_-]{2,64}$/, { error: accepting(PLAYLIST) })
  .nullable();

/** The names within `broadcast`, in the order in which they are documented. */
const broadcastShape = {
  title,
  made_for_kids: z
    .boolean({ error: accepting(KIDS) })
    .meta({ description: 'Made for kids or not: a legal statement, so there is no default.', examples: [false] }),
  description: description.prefault(''),
  privacy: choice(['public', 'unlisted', 'private'])
    .prefault('public')
    .meta({ description: 'Who may see it; only public hours count.', examples: ['public', 'unlisted', 'private'] }),
  category: category.prefault(null).meta({ description: "YouTube's id of a category.", examples: ['10'] }),
  tags: tags.prefault([]).meta({ description: 'Tags.', examples: [['rain', 'sleep']] }),
  thumbnail: optionalKeySchema.prefault(null).meta({
    description: 'Key of a JPEG or PNG of at most 2 MB.',
    examples: ['thumbnails/rain.jpg'],
  }),
  playlist: playlist
    .prefault(null)
    .meta({ description: 'Id of a playlist that each broadcast is added to.', examples: ['PLabc'] }),
  latency: choice(['normal', 'low', 'ultraLow'])
    .prefault('normal')
    .meta({ description: 'Latency; a change counts from the next broadcast on.', examples: ['normal', 'low'] }),
};

/** The names a `broadcast` may hold. */
export const BROADCAST_KEYS: readonly string[] = Object.keys(broadcastShape);

/** `broadcast`: what YouTube is to show; null = YouTube's side is left alone. */
export const broadcastSchema = z
  .strictObject(broadcastShape, { error: accepting(BROADCAST) })
  .transform(({ made_for_kids: madeForKids, ...same }): BroadcastSpec => ({ ...same, madeForKids }))
  .nullable();
