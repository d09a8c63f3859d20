import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listener, openListener } from '../../fixtures/listener.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { called, type Outcome, streamctl } from '../streamctl.ts';

let workspace: Workspace;
let listener: Listener;
beforeEach(async () => {
  workspace = makeWorkspace();
  listener = await openListener();
});
afterEach(async () => {
  await listener.close();
  await workspace.cleanup();
});

const TOPIC = 'secret-topic-of-ours';
const notifyTest = (env: Readonly<Record<string, string>> = {}, by = called): Promise<Outcome> =>
  by(['notify', 'test'], {
    env: { STREAM_CONFIG_DIR: workspace.dir, NOTIFY_URL: `${listener.origin}/${TOPIC}`, ...env },
  });

describe('streamctl notify test', () => {
  it('sends one message, and says that it was taken and what was answered', async () => {
    const { code, stdout, stderr } = await notifyTest({}, streamctl);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'taken, as json: 200 OK\n', stderr: '' });
    expect(listener.requests).toHaveLength(1);
    expect(JSON.parse(listener.requests[0]?.body ?? '')).toMatchObject({ event: 'trouble', reason: 'Test' });
  });

  it('in the form that NOTIFY_FORMAT says, to an address in a file', async () => {
    writeFileSync(join(workspace.dir, 'url'), `${listener.origin}/${TOPIC}\n`);
    const env = { NOTIFY_URL: '', NOTIFY_URL_FILE: join(workspace.dir, 'url'), NOTIFY_FORMAT: 'ntfy' };
    expect((await notifyTest(env)).code).toBe(0);
    expect(listener.requests).toMatchObject([
      { path: `/${TOPIC}`, headers: { title: 'Stream live: Test', priority: '5' } },
    ]);
  });

  it('says what a server answered that did not take it, and never the address', async () => {
    listener.manner = 'error';
    const refused = await notifyTest();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toBe(
      'streamctl: not taken, as json: it answered 500 (out of order); NOTIFY_FORMAT chooses another form than json\n',
    );
    await listener.close();
    const away = await notifyTest();
    expect(away).toMatchObject({ code: 1, stdout: '', stderr: 'streamctl: not taken, as json: connection refused\n' });
  });

  it('says what to set where nobody is to be told, and one line for a malformed address, unseen', async () => {
    expect(await notifyTest({ NOTIFY_URL: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('set NOTIFY_URL'),
    });
    const malformed = await notifyTest({ NOTIFY_URL: `ntfy.sh/${TOPIC}` });
    expect(malformed.code).toBe(2);
    expect(malformed.stderr).toMatch(/^streamctl: NOTIFY_URL: found something else \(not shown\); accepted: [^\n]+\n$/);
    expect(malformed.stderr).not.toContain(TOPIC);
  });
});
