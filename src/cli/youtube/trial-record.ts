import type { z } from 'zod';
import type { Redact } from '../../text/redact.ts';
import type { Call } from '../../youtube/wire/transport.ts';
import type { HttpAnswer } from '../../youtube/wire/http.ts';

/** One request of a trial with what was answered, fit to be shown to others. */
interface TrialEntry {
  readonly at: string;
  /** Such as `POST /youtube/v3/liveBroadcasts/bind`. */
  readonly request: string;
  readonly query: Readonly<Record<string, string>>;
  /** Null = nothing that can be read; `answer` then says why. */
  readonly status: number | null;
  readonly answer: unknown;
}

/** What a trial asked of YouTube, in order, and what that settles. */
export interface TrialRecord {
  readonly entries: TrialEntry[];
  readonly findings: Finding[];
  readonly onAnswer: (call: Call<z.ZodType>, answer: HttpAnswer) => void;
}

export interface Finding {
  readonly question: string;
  readonly answer: string;
}

/** A trial polls every two seconds for some minutes. */
const MOST_ENTRIES = 2_000;

/** Parts of an answer that name the channel or let somebody publish to it. */
const HIDDEN = new Set([
  ...['streamName', 'ingestionInfo', 'channelId', 'channelTitle', 'customUrl', 'embedHtml', 'thumbnails'],
]);

export function openTrialRecord(redact: Redact): TrialRecord {
  const entries: TrialEntry[] = [];
  return {
    entries,
    findings: [],
    onAnswer: (call, answer) => {
      if (entries.length >= MOST_ENTRIES) return;
      const isAnswer = answer.kind === 'answer';
      entries.push({
        at: new Date().toISOString(),
        request: `${call.method} ${call.path}`,
        query: call.query,
        status: isAnswer ? answer.status : null,
        answer: isAnswer ? shown(answer.text, redact) : `${answer.reason} ${answer.code}`.trim(),
      });
    },
  };
}

function shown(text: string, redact: Redact): unknown {
  const clean = redact(text);
  try {
    return JSON.parse(clean, (name, value: unknown) => (HIDDEN.has(name) ? '[left out]' : value));
  } catch {
    return clean.slice(0, 500);
  }
}
