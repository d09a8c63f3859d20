import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nextPacificMidnightMs, openQuotaLedger, pacificDay } from '../../src/youtube/quota.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

const at = (text: string): number => Date.parse(text);

describe("YouTube's day", () => {
  it.each([
    // Winter: eight hours behind; summer: seven. Clocks change on 8 March and 1 November, at two in the morning.
    ['2026-11-26T07:59:59Z', '2026-11-25', '2026-11-26T08:00:00.000Z'],
    ['2026-11-26T08:00:00Z', '2026-11-26', '2026-11-27T08:00:00.000Z'],
    ['2026-07-01T06:59:59Z', '2026-06-30', '2026-07-01T07:00:00.000Z'],
    ['2026-03-08T09:00:00Z', '2026-03-08', '2026-03-09T07:00:00.000Z'],
    ['2026-03-07T12:00:00Z', '2026-03-07', '2026-03-08T08:00:00.000Z'],
    ['2026-11-01T07:30:00Z', '2026-11-01', '2026-11-02T08:00:00.000Z'],
    ['2026-10-31T12:00:00Z', '2026-10-31', '2026-11-01T07:00:00.000Z'],
    ['2026-12-31T23:00:00Z', '2026-12-31', '2027-01-01T08:00:00.000Z'],
  ])('at %s is %s, and ends at %s', (now, day, midnight) => {
    expect(pacificDay(at(now))).toBe(day);
    expect(new Date(nextPacificMidnightMs(at(now))).toISOString()).toBe(midnight);
  });

  it('is followed by another at every midnight of two years', () => {
    let midnight = nextPacificMidnightMs(at('2026-01-01T12:00:00Z'));
    for (let n = 0; n < 730; n += 1) {
      const next = nextPacificMidnightMs(midnight);
      expect([23, 24, 25]).toContain((next - midnight) / 3_600_000);
      expect(pacificDay(midnight - 1) < pacificDay(midnight)).toBe(true);
      midnight = next;
    }
  });
});

describe('the ledger', () => {
  const place = (): { readonly dir: string; readonly path: string } => {
    const workspace = makeWorkspace();
    onTestFinished(() => workspace.cleanup());
    return { dir: workspace.dir, path: join(workspace.dir, 'youtube-quota.json') };
  };

  it('adds up what daemon and commands spend, in one file of mode 0600', () => {
    const { path } = place();
    const now = (): number => at('2026-11-26T10:00:00Z');
    const daemon = openQuotaLedger(path, now);
    const command = openQuotaLedger(path, now);
    daemon.spend('read');
    command.spend('write');
    daemon.spend('read');
    expect([daemon.read().used, command.read().used]).toEqual([52, 52]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('begins anew at midnight, and takes a damaged file for none', () => {
    const { path } = place();
    let now = at('2026-11-26T07:59:00Z');
    const ledger = openQuotaLedger(path, () => now);
    ledger.exhaust();
    expect(ledger.allows('write')).toBe(false);
    now += 120_000;
    expect(ledger.allows('write')).toBe(true);
    expect(ledger.read()).toMatchObject({ used: 0, exhausted: false });
    writeFileSync(path, '{"day":');
    ledger.spend('read');
    expect(ledger.read().used).toBe(1);
  });

  it('counts on in memory where the disk takes no file', () => {
    const { dir, path } = place();
    mkdirSync(join(dir, 'gone'));
    const ledger = openQuotaLedger(join(dir, 'gone', 'q.json'), () => at('2026-11-26T10:00:00Z'));
    ledger.spend('write');
    rmSync(join(dir, 'gone'), { recursive: true });
    ledger.spend('write');
    ledger.exhaust();
    expect(ledger.read()).toMatchObject({ used: 100, exhausted: true });
    expect(path).toBeTruthy();
  });
});
