import { describe, expect, it } from 'vitest';
import { formatFor, type NotifyFormat, problemWith, requestFor } from '../../src/notify/message.ts';
import type { Notice } from '../../src/reconcile/model/memory.ts';

const NOTICE: Notice = {
  id: 'n1',
  event: 'trouble',
  status: 'down',
  reason: 'UplinkFailed',
  message: 'FFmpeg: /var/lib/state/x.log: <refused> & @everyone\u001b[2J; trying again in 3 s',
  sinceWallMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  atWallMs: Date.UTC(2026, 0, 2, 3, 5, 5),
};
const MESSAGE = 'FFmpeg: [path]: <refused> & @everyone\\u001b[2J; trying again in 3 s';
const ADDRESS = 'https://host.example/topic';
const sent = (format: NotifyFormat, notice = NOTICE): ReturnType<typeof requestFor> =>
  requestFor(notice, { address: ADDRESS, format }, '1.2.3');

describe('a message', () => {
  it('as JSON has the fields of the contract and no other', () => {
    const { method, address, headers, body } = sent('json');
    expect({ method, address, headers }).toEqual({
      method: 'POST',
      address: ADDRESS,
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(body)).toEqual({
      event: 'trouble',
      status: 'down',
      reason: 'UplinkFailed',
      message: MESSAGE,
      since: '2026-01-02T03:04:05.000Z',
      at: '2026-01-02T03:05:05.000Z',
      version: '1.2.3',
    });
  });

  it('for ntfy is plain text with Title, Priority and Tags', () => {
    const { headers, body } = sent('ntfy');
    expect(headers).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      Title: 'Stream down: UplinkFailed',
      Priority: '5',
      Tags: 'rotating_light',
    });
    expect(body).toBe(`${MESSAGE} (since 2026-01-02 03:04:05 UTC)`);
    expect(sent('ntfy', { ...NOTICE, status: 'degraded' }).headers).toMatchObject({ Priority: '3', Tags: 'warning' });
    const well: Notice = { ...NOTICE, event: 'well', status: 'live', reason: 'OnAir' };
    expect(sent('ntfy', well).headers).toMatchObject({ Title: 'Stream well again: OnAir', Tags: 'white_check_mark' });
  });

  it('for Discord is a content that calls nobody by name', () => {
    expect(JSON.parse(sent('discord').body)).toEqual({
      content: `**Stream down: UplinkFailed**\n${MESSAGE.replace('@', '@\u200b')} (since 2026-01-02 03:04:05 UTC)`,
    });
  });

  it('for Slack is a text whose words are no markup of its own', () => {
    const shown = MESSAGE.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;');
    expect(JSON.parse(sent('slack').body)).toEqual({
      text: `*Stream down: UplinkFailed*\n${shown} (since 2026-01-02 03:04:05 UTC)`,
    });
  });

  it('is cut where it has no end', () => {
    const { content } = JSON.parse(sent('discord', { ...NOTICE, message: '@'.repeat(100_000) }).body) as {
      content: string;
    };
    expect(content.length).toBeLessThan(2_000);
  });
});

describe('the format', () => {
  it.each([
    ['https://discord.com/api/webhooks/1/x', 'discord'],
    ['https://ptb.discordapp.com/api/webhooks/1/x', 'discord'],
    ['https://hooks.slack.com/services/T/B/x', 'slack'],
    ['https://ntfy.sh/topic', 'ntfy'],
    ['https://ntfy.example.org:8443/topic', 'ntfy'],
    ['https://example.org/hook', 'json'],
    ['https://notdiscord.com/x', 'json'],
  ])('of %s is %s', (address, format) => {
    expect(formatFor(address)).toBe(format);
  });
});

describe('a reply', () => {
  const answered = (status: number, contentType = ''): Parameters<typeof problemWith>[0] => ({
    kind: 'answered',
    status,
    contentType,
    text: '',
  });
  it.each([
    [answered(200), null],
    [answered(204), null],
    [answered(302), 'it answered 302'],
    [answered(500), 'it answered 500'],
    [answered(200, 'text/html'), 'it answered with a web page: is the address right?'],
    [{ kind: 'failed', why: 'connection refused' } as const, 'connection refused'],
  ])('%j', (reply, problem) => {
    expect(problemWith(reply, 'ntfy')).toBe(problem);
  });

  it('with a page is good enough from what somebody wrote for JSON', () => {
    expect(problemWith(answered(200, 'text/html'), 'json')).toBeNull();
  });
});
