import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HealthServer, serveHealth } from '../../src/health/server.ts';
import { DESIRED_KEYS } from '../../src/observe/desired/schema/keys.ts';
import { streamctl } from '../cli/streamctl.ts';
import { freePort, makeWorkspace, type Workspace } from '../fixtures/workspace.ts';
import { liveReport } from '../health/sample-body.ts';
import { repositoryRoot } from '../tooling/repository.ts';

const TEXT = readFileSync(join(repositoryRoot, 'docs/desired.md'), 'utf8');
const FILES = [...TEXT.matchAll(/^```yaml (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => ({
  name,
  text,
}));
/** The first file is the one that is on air. */
const ON_AIR = FILES[0]?.text ?? '';

/** Commands as typed, each with what it is said to answer. */
const CALLS = [...TEXT.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((call) => {
      const [line = '', ...answer] = call.split('\n');
      return { line, answer: answer.join('\n').trimEnd() };
    }),
);

let workspace: Workspace;
let health: HealthServer;
let env: Record<string, string>;

beforeAll(async () => {
  workspace = makeWorkspace();
  const port = await freePort();
  env = { STREAM_CONFIG_DIR: workspace.dir, STREAM_CONTROLLER_PORT: String(port) };
  for (const { name, text } of FILES) writeFileSync(join(workspace.dir, name), text);
  mkdirSync(join(workspace.dir, 'state'));
  writeFileSync(join(workspace.dir, 'state/desired.last-good.yaml'), ON_AIR);
  const hash = createHash('sha256').update(ON_AIR).digest('hex').slice(0, 12);
  const report = liveReport({ desired: { hash, file: 'ok', error: null }, applied: { hash } });
  health = serveHealth(
    '127.0.0.1',
    port,
    () => report,
    () => undefined,
  );
});

afterAll(async () => {
  await health.close();
  await workspace.cleanup();
});

describe('docs/desired.md', () => {
  it('shows files and commands', () => {
    expect(FILES.length).toBeGreaterThan(3);
    expect(CALLS.length).toBeGreaterThan(3);
  });

  it.each(CALLS)('answers as shown: $line', async ({ line, answer }) => {
    const [npx, program, ...args] = line.split(' ');
    expect([npx, program]).toEqual(['npx', 'streamctl']);
    const { stdout, stderr } = await streamctl(args, { env, cwd: workspace.dir });
    expect(`${stdout}${stderr}`.trimEnd()).toBe(answer);
  });

  it('explains every key', () => {
    expect(DESIRED_KEYS.filter((key) => !TEXT.includes(`### \`${key}\``))).toEqual([]);
  });
});
