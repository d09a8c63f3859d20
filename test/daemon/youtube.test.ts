import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { YouTubeSide } from '../../src/daemon/youtube.ts';
import { STATE_FILES } from '../../src/state/files.ts';
import { openStore } from '../../src/store/drivers.ts';
import { writeLogin } from '../../src/youtube/login/token.ts';
import { eventually } from '../fixtures/eventually.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

describe("YouTube's side of the daemon", () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = makeWorkspace();
  });
  afterEach(() => workspace.cleanup());

  it('is there a minute after what kept it from being loaded has passed', async () => {
    const { dir } = workspace;
    const caFile = join(dir, 'ca.pem');
    const problems: string[] = [];
    let nowMs = 0;
    const side = new YouTubeSide({
      settings: {
        clientId: 'id',
        clientSecret: 'secret',
        pollIntervalMs: 60_000,
        apiUrl: 'http://127.0.0.1:1',
        oauthUrl: 'http://127.0.0.1:1',
        analyticsUrl: 'http://127.0.0.1:1',
      },
      stateDir: dir,
      streamKey: 'key',
      storage: openStore({ kind: 'local', directory: dir }, null),
      caFile,
      nowMs: () => nowMs,
      wake: () => undefined,
      onProblem: (why) => void problems.push(why),
    });
    writeLogin(join(dir, STATE_FILES.youtubeToken), {
      refreshToken: 'token',
      scope: '',
      channelId: null,
      authorizedAt: '',
    });

    expect(side.read().login).toBeNull();
    await eventually(() => expect(problems).toEqual([expect.stringContaining('ENOENT')]));
    writeFileSync(caFile, rootCertificates[0] ?? '');
    nowMs = 59_999;
    expect(side.read().login).toBeNull();
    nowMs = 60_000;
    await eventually(() => expect(side.read().login).not.toBeNull());
    expect(problems).toHaveLength(1);
  });
});
