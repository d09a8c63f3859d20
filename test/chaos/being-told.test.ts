import { expect } from 'vitest';
import { type Daemon, healthEventually } from '../fixtures/daemon.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Listener, type Manner, openListener } from '../fixtures/listener.ts';
import { MACHINE_PAUSE_MS, withRoom } from '../fixtures/room.ts';
import { recordFault } from './fault-table.ts';
import { HealthWatch } from './health-watch.ts';
import { describeView, viewSince } from './ingest-view.ts';
import { onStage } from './on-stage.ts';
import { liveOn, type Stage, videoAdvances, wishRed } from './stage.ts';

const SECRET = 'a-path-that-nobody-guesses';
const QUICK = { NOTIFY_AFTER: '1', NOTIFY_FORMAT: 'json', HEARTBEAT_INTERVAL: '1' };

async function listenerFor(stage: Stage, manner: Manner): Promise<Listener> {
  const listener = await openListener(manner);
  stage.defer(() => listener.close());
  return listener;
}

/** Waits until `Notified` is so, for such a reason. */
async function notified(daemon: Daemon, status: 'True' | 'False', message: RegExp): Promise<void> {
  const isSo = (found: { readonly type: string; readonly status: string; readonly message: string }): boolean =>
    found.type === 'Notified' && found.status === status && message.test(found.message);
  const what = `Notified ${status}, ${String(message)}`;
  await healthEventually(daemon, ({ conditions }) => conditions.some(isSo), { what, timeoutMs: 90_000 });
}

/** `away`: its port is closed. */
interface Row {
  readonly heartbeat: Manner;
  readonly notify: readonly [Manner, Manner | 'away'];
  readonly words: readonly [RegExp, RegExp];
}

onStage.concurrent.for<Row>([
  { heartbeat: 'hang', notify: ['error', 'html'], words: [/it answered 500/, /a web page/] },
  { heartbeat: 'html', notify: ['hang', 'away'], words: [/no answer within 10 s/, /connection refused/] },
])(
  's: a heartbeat server with manner $heartbeat and a notify server with manners $notify are nothing to the stream',
  { timeout: 300_000 },
  async ({ heartbeat, notify: [first, then], words }, { stage }) => {
    const monitor = await listenerFor(stage, heartbeat);
    const messenger = await listenerFor(stage, first);
    await wishRed(stage);
    // Longer than a second off air, before it is on air at all: a trouble to be told.
    await stage.sink.setMode('refuse');
    const daemon = await stage.start({
      ...QUICK,
      NOTIFY_FORMAT: 'ntfy',
      HEARTBEAT_URL: `${monitor.origin}/${SECRET}`,
      NOTIFY_URL: `${messenger.origin}/${SECRET}`,
    });
    await eventually(() => expect(messenger.requests.length).toBeGreaterThan(0), { timeoutMs: 90_000 });
    await stage.sink.setMode('accept');
    await liveOn(daemon, 90_000);
    const watch = new HealthWatch(daemon);
    const atMs = performance.now();
    await notified(daemon, 'False', words[0]);
    if (then === 'away') await messenger.close();
    else messenger.manner = then;
    await notified(daemon, 'False', words[1]);
    await eventually(() => expect(monitor.requests.length).toBeGreaterThan(0));
    await videoAdvances(stage.sink, 2_000);
    await watch.stop();
    const view = viewSince(stage.sink, atMs);
    recordFault({
      row: 's',
      fault: `heartbeat server: ${heartbeat}; notify server: ${first}, then ${then}`,
      promised: 'nothing on air, passes go on, the condition Notified says why',
      measured: `Notified False, ${words.map(({ source }) => source).join(', then ')}`,
      ingest: describeView(view),
    });
    expect(view).toMatchObject({ sessions: 1, publishers: 1 });
    expect(view.offAirMs).toBeLessThan(MACHINE_PAUSE_MS);
    await liveOn(daemon);
    const looks = new Set(watch.reports.map(({ observedAt }) => observedAt));
    expect(looks.size).toBeGreaterThan(watch.reports.length / 20);
    expect(`${daemon.logLines.join('\n')}${daemon.stderr}${JSON.stringify(watch.reports)}`).not.toContain(SECRET);
  },
);

onStage.concurrent(
  's: a daemon killed in a trouble tells it once, its successors too, and that it is over once',
  { timeout: 300_000 },
  async ({ stage }) => {
    const messenger = await listenerFor(stage, 'ok');
    const events = (): unknown[] =>
      messenger.requests.map(({ body }) => (JSON.parse(body) as { readonly event: unknown }).event);
    await wishRed(stage);
    await stage.sink.setMode('refuse');
    const env = {
      ...QUICK,
      NOTIFY_URL: `${messenger.origin}/${SECRET}`,
      WORKER_RETRY_DELAY: '1',
      WORKER_MAX_RETRIES: '0',
    };
    const daemon = await stage.start(env);
    await notified(daemon, 'True', /was taken/);
    expect(events()).toEqual(['trouble']);
    daemon.kill('SIGKILL');
    await daemon.exited;
    const next = await stage.start(env);
    const { observedAt } = await healthEventually(next, ({ status }) => status === 'down', { what: 'down' });
    await healthEventually(next, (report) => lookedAt(report) - lookedAt({ observedAt }) > 5_000, { what: 'passes' });
    expect(events()).toEqual(['trouble']);
    const atMs = performance.now();
    await stage.sink.setMode('accept');
    await eventually(() => expect(events()).toEqual(['trouble', 'well']), { timeoutMs: 90_000 });
    const overAfterMs = performance.now() - atMs;
    recordFault({
      row: 's',
      fault: 'daemon killed (SIGKILL) in a trouble that was told, another started',
      promised: 'one message for the trouble, one when it is over',
      measured: `told once; that it is over ${(overAfterMs / 1_000).toFixed(2)} s after the ingest accepted`,
      ingest: describeView(viewSince(stage.sink, atMs)),
    });
    expect(overAfterMs).toBeLessThan(withRoom(20_000));
  },
);

const lookedAt = ({ observedAt }: { readonly observedAt: string | null }): number => Date.parse(observedAt ?? '');
