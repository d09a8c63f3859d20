import { A_PAGE, type Outgoing, refusalIn, type Reply } from './send.ts';
import type { Notice } from '../reconcile/model/memory.ts';
import { oneLine } from '../text/complaint.ts';
import { withoutPaths } from '../text/redact.ts';

export const NOTIFY_FORMATS = ['json', 'ntfy', 'discord', 'slack'] as const;
export type NotifyFormat = (typeof NOTIFY_FORMATS)[number];

export interface NotifyTarget {
  /** A secret. */
  readonly address: string;
  readonly format: NotifyFormat;
}

/** Longer ones are cut; Discord takes 2,000 characters, ntfy 4,096 bytes. */
const LONGEST_MESSAGE = 500;

/** The form a service wants, by its host; any other gets JSON. */
export function formatFor(address: string): NotifyFormat {
  const { hostname } = new URL(address);
  if (/(?:^|\.)discord(?:app)?\.com$/i.test(hostname)) return 'discord';
  if (/^hooks\.slack(?:-gov)?\.com$/i.test(hostname)) return 'slack';
  return /^ntfy\./i.test(hostname) ? 'ntfy' : 'json';
}

/**
 * The request that tells this. Discord: docs.discord.com, "Execute Webhook"; Slack: docs.slack.dev, "Sending messages using
 * incoming webhooks"; ntfy: docs.ntfy.sh/publish. A key or a word of FFmpeg's in the message mentions nobody there.
 */
export function requestFor(notice: Notice, { address, format }: NotifyTarget, version: string): Outgoing {
  const { event, status, reason } = notice;
  const message = oneLine(withoutPaths(notice.message), LONGEST_MESSAGE);
  const iso = (wallMs: number): string => new Date(wallMs).toISOString();
  const [since, at] = [iso(notice.sinceWallMs), iso(notice.atWallMs)];
  const title = `Stream ${event === 'well' ? 'well again' : status}: ${reason}`;
  const text = `${message} (since ${since.slice(0, 19).replace('T', ' ')} UTC)`;
  const post = (contentType: string, body: string, headers: Outgoing['headers'] = {}): Outgoing => ({
    method: 'POST',
    address,
    headers: { 'content-type': contentType, ...headers },
    body,
  });
  const json = (value: object): Outgoing => post('application/json', JSON.stringify(value));
  switch (format) {
    case 'json':
      return json({ event, status, reason, message, since, at, version });
    case 'ntfy':
      return post('text/plain; charset=utf-8', text, { Title: title, ...ntfyHeaders(notice) });
    case 'discord':
      // A character of no width keeps `@everyone` from being one.
      return json({ content: `**${title}**\n${text.replaceAll('@', '@\u200b')}` });
    case 'slack':
      return json({ text: `*${title}*\n${escapedForSlack(text)}` });
  }
}

/** Priority 5 is the loudest of ntfy's five; tags are names of emoji. */
function ntfyHeaders({ event, status }: Notice): Outgoing['headers'] {
  if (event === 'well') return { Priority: '3', Tags: 'white_check_mark' };
  return status === 'degraded' ? { Priority: '3', Tags: 'warning' } : { Priority: '5', Tags: 'rotating_light' };
}

/** The three characters that begin a mention, a link or an entity. */
const escapedForSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Why a reply does not mean that the message was taken; null = it was. */
export function problemWith(reply: Reply, format: NotifyFormat): string | null {
  const problem = refusalIn(reply);
  // ntfy, Discord and Slack never answer with a page. A receiver of JSON that somebody wrote may.
  return problem === A_PAGE && format === 'json' ? null : problem;
}
