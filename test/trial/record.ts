import type { Redact } from '../../src/text/redact.ts';
import type { Http } from '../../src/youtube/wire/http.ts';

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
interface TrialRecord {
  readonly entries: readonly TrialEntry[];
  readonly findings: Finding[];
  /** Writes down what is asked by it, without headers and body. */
  readonly http: Http;
}

interface Finding {
  readonly question: string;
  readonly answer: string;
}

/** A trial polls every two seconds for some minutes. */
const MOST_ENTRIES = 2_000;

/** Parts of an answer that name the channel or let somebody publish to it. */
const HIDDEN = new Set([
  ...['streamName', 'ingestionInfo', 'channelId', 'channelTitle', 'customUrl', 'embedHtml', 'thumbnails'],
]);

/** A record of what is asked by `http`. */
export function openTrialRecord(http: Http, redact: Redact): TrialRecord {
  const entries: TrialEntry[] = [];
  return {
    entries,
    findings: [],
    http: async (request) => {
      const answer = await http(request);
      if (entries.length >= MOST_ENTRIES) return answer;
      const isAnswer = answer.kind === 'answer';
      entries.push({
        at: new Date().toISOString(),
        request: `${request.method} ${request.url.pathname}`,
        query: Object.fromEntries(request.url.searchParams),
        status: isAnswer ? answer.status : null,
        answer: isAnswer ? shown(answer.text, redact) : `${answer.reason} ${answer.code}`.trim(),
      });
      return answer;
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
