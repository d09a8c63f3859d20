import { describe, expect, it } from 'vitest';
import { runToolOk } from '../fixtures/run-tool.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfi"CY\\KEY';
const KEY = 'abcd-efgh-ijkl-mnop-qrst';

/** Runs statements with a `log` in a process of its own; answers with the lines on its stdout. */
async function logged(level: string, statements: string): Promise<readonly Record<string, unknown>[]> {
  const href = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const code = `import { createLog } from ${href('../../src/daemon/log.ts')};
    import { openLogOutput } from ${href('../../src/daemon/log-output.ts')};
    import { createRedactor } from ${href('../../src/text/redact.ts')};
    const secret = ${JSON.stringify(SECRET)}, key = ${JSON.stringify(KEY)};
    const log = createLog(${JSON.stringify(level)}, createRedactor([secret, key]), false, openLogOutput(1, () => performance.now()));
    ${statements}`;
  const { stdout } = await runToolOk(process.execPath, ['--input-type=module', '-e', code]);
  const text = stdout.toString();
  for (const secret of [SECRET, KEY, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)]) {
    expect(text).not.toContain(secret);
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line, with level and time, whatever the text holds', async () => {
    const lines = await logged(
      'info',
      String.raw`log.info({ item: 'a\nb\u2028c\u0000"}' }, 'two\nlines'); log.error('x');`,
    );
    expect(lines).toMatchObject([
      { level: 'info', msg: 'two\nlines', item: 'a\nb\u2028c\0"}', time: expect.stringMatching(/^\d{4}-.*Z$/) },
      { level: 'error', msg: 'x' },
    ]);
  });

  it.each([
    ['the message', 'log.info(`publishing ${key} with ${secret}`)'],
    ['a field', 'log.info({ key, secret }, "x")'],
    ['a nested field', 'log.info({ a: { b: [{ key }, { c: { secret } }] } }, "x")'],
    ['the name of a field', 'log.info({ [key]: 1, [secret]: 2 }, "x")'],
    ['an error, its stack and its cause', 'log.error(new Error("no " + key, { cause: new Error(secret) }), "failed")'],
    ['an error as a field', 'log.error({ err: new Error(secret), why: new Error(key) }, "failed")'],
    ['an address, encoded', 'log.info("https://h/a?secret=" + encodeURIComponent(secret) + "&k=" + key)'],
    ['JSON within JSON', 'log.info({ body: JSON.stringify({ secret, key }) }, "x")'],
    ['a formatted argument', 'log.info("a %s and %j", key, { secret })'],
    ['a child logger', 'log.child({ secret }).warn({ key }, "x")'],
    ['the most talkative level', 'log.trace({ secret }, key)'],
  ])('never holds a secret: in %s', async (_, statement) => {
    const lines = await logged('trace', statement);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('[redacted]');
  });

  it('never holds a signature, though nobody knew it', async () => {
    const url = 'https://h/a?X-Amz-Credential=AKIA%2F2026&X-Amz-Date=20260101&X-Amz-Signature=0123456789abcdef';
    const [line] = await logged(
      'info',
      `log.info({ url: ${JSON.stringify(url)} }, ${JSON.stringify(`open ${url}: 403`)})`,
    );
    expect(JSON.stringify(line)).not.toMatch(/0123456789abcdef|AKIA/);
    expect(JSON.stringify(line)).toContain('X-Amz-Date=20260101');
  });

  it.each([
    ['trace', 6],
    ['debug', 5],
    ['info', 4],
    ['warn', 3],
    ['error', 2],
    ['fatal', 1],
    ['silent', 0],
  ])('holds from level %s on %i of six lines', async (level, count) => {
    const all = 'for (const level of ["trace", "debug", "info", "warn", "error", "fatal"]) log[level]("x");';
    expect(await logged(level, all)).toHaveLength(count);
  });

  it('is complete even if the process is killed right after', async () => {
    expect(
      await logged(
        'info',
        'for (let n = 0; n < 500; n++) log.info({ n }, "x"); process.exitCode = 0; process.reallyExit(0);',
      ),
    ).toHaveLength(500);
  });
});
