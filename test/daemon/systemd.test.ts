import { describe, expect, it } from 'vitest';
import { type PassNews, SystemdNotifier, watchdogMsOf } from '../../src/daemon/systemd.ts';

const HEALTH = { status: 'live', reason: 'OnAir', message: 'rain.mp4 is on air' };

interface Setting {
  readonly manager: SystemdNotifier;
  /** Every message, in the order it was sent. */
  readonly sent: string[][];
  readonly problems: string[];
  /** A pass at this time, and whatever it sets off. */
  pass(monoMs: number, news?: Partial<PassNews>): Promise<void>;
}

function setUp(watchdogMs: number | null, answer: () => string | null | Promise<string | null> = () => null): Setting {
  const sent: string[][] = [];
  const problems: string[] = [];
  const manager = new SystemdNotifier({
    notify: async (assignments) => {
      sent.push([...assignments]);
      return answer();
    },
    watchdogMs,
    onProblem: (why) => problems.push(why),
  });
  const pass: Setting['pass'] = async (monoMs, news = {}) => {
    manager.passed({ healthSettled: true, health: HEALTH, monoMs, ...news });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { manager, sent, problems, pass };
}

describe('systemd is told', () => {
  it('that the daemon is ready, once, after a pass that finds /health settled', async () => {
    const { sent, pass } = setUp(null);
    await pass(0, { healthSettled: false });
    await pass(1000);
    await pass(2000);
    expect(sent).toEqual([
      ['STATUS=live (OnAir): rain.mp4 is on air'],
      ['READY=1', 'STATUS=live (OnAir): rain.mp4 is on air'],
    ]);
  });

  it('the status when its words change, not when its message merely counts on', async () => {
    const { sent, pass } = setUp(null);
    await pass(0);
    for (const seconds of [3, 2, 1]) {
      const message = `trying again in ${seconds} s`;
      await pass(4000 - 1000 * seconds, { health: { status: 'down', reason: 'UplinkFailed', message } });
    }
    expect(sent.slice(1)).toEqual([['STATUS=down (UplinkFailed): trying again in 3 s']]);
  });

  it('on one line, whatever the message holds', async () => {
    const { sent, pass } = setUp(null);
    await pass(0, { health: { ...HEALTH, message: 'a\nMAINPID=1\r\0b' } });
    expect(sent[0]?.[1]).toMatch(/^STATUS=live \(OnAir\): a[^\p{Cc}]*b$/u);
  });

  it('that the daemon is alive, three times as often as asked, by passes alone', async () => {
    const { sent, pass } = setUp(30_000);
    for (let atMs = 0; atMs <= 30_000; atMs += 1000) await pass(atMs);
    expect(sent.filter((message) => message.includes('WATCHDOG=1'))).toHaveLength(4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toHaveLength(4);
  });

  it('that it is on its way out', async () => {
    const { manager, sent, pass } = setUp(null);
    await pass(0);
    manager.stopping();
    await pass(1000);
    await pass(2000);
    expect(sent.slice(1)).toEqual([['STOPPING=1', 'STATUS=live (OnAir): rain.mp4 is on air']]);
  });

  it('again by the next pass what could not be said, and the trouble is told once', async () => {
    let why: string | null = 'no such file';
    const { sent, problems, pass } = setUp(30_000, () => why);
    await pass(0);
    await pass(1000);
    why = null;
    await pass(2000);
    await pass(3000);
    expect(sent).toHaveLength(3);
    expect(sent[2]).toContain('READY=1');
    expect(problems).toEqual(['no such file']);
  });

  it('one thing at a time: while a message is under way no other is sent', async () => {
    let arrive = (_: string | null): void => undefined;
    const { sent, pass } = setUp(null, () => new Promise((resolve) => (arrive = resolve)));
    await pass(0, { healthSettled: false });
    await pass(1000);
    expect(sent).toHaveLength(1);
    arrive(null);
    await pass(2000);
    await pass(3000);
    expect(sent).toHaveLength(2);
  });
});

describe('the watchdog', () => {
  it.each([
    ['set for this process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 30_000],
    ['set for whoever has the variable', { WATCHDOG_USEC: '500000' }, 500],
    ['set for another process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '41' }, null],
    ['off', { WATCHDOG_USEC: '0' }, null],
    ['malformed', { WATCHDOG_USEC: 'soon' }, null],
    ['not there', {}, null],
  ] as const)('is %s', (_, env, expected) => {
    expect(watchdogMsOf(env, 42)).toBe(expected);
  });
});
