import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sdNotifier } from '../../src/daemon/sd-notify.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => workspace.cleanup());

describe('a notification', () => {
  it('goes through systemd-notify, which sees the socket and nothing else of our environment', async () => {
    const out = join(workspace.dir, 'out');
    const program = join(workspace.dir, 'systemd-notify');
    writeFileSync(program, `#!/bin/sh\n{ echo "$NOTIFY_SOCKET"; printf '%s\\n' "$@"; /usr/bin/env; } >'${out}'\n`);
    chmodSync(program, 0o755);
    process.env['YOUTUBE_STREAM_KEY'] = 'abcd-efgh';
    const notify = sdNotifier('/run/some/socket', workspace.dir);
    expect(await notify(['READY=1', 'STATUS=two words'])).toBeNull();
    delete process.env['YOUTUBE_STREAM_KEY'];
    const text = readFileSync(out, 'utf8');
    expect(text).toMatch(/^\/run\/some\/socket\nREADY=1\nSTATUS=two words\n/);
    expect(text).not.toContain('abcd-efgh');
  });

  it('that systemd does not take is a failure with its cause', async () => {
    const notify = sdNotifier(join(workspace.dir, 'nobody-listens'), '/usr/bin:/bin');
    expect(await notify(['READY=1'])).toMatch(/No such file|failed|refused/i);
  });

  it('without systemd-notify is a failure, not an exception', async () => {
    expect(await sdNotifier('/run/some/socket', workspace.dir)(['READY=1'])).toMatch(/ENOENT/);
  });
});
