import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../fixtures/eventually.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/**
 * A program that logs 4 MB into a pipe nobody reads until told, tells on stderr how long a line has waited, and ends on
 * SIGTERM after a flush.
 */
function talker(): ChildProcess {
  const href = JSON.stringify(new URL('../../src/daemon/log-output.ts', import.meta.url).href);
  const code = `import { openLogOutput } from ${href};
    const output = openLogOutput(1, () => performance.now());
    for (let line = 0; line < 4_000; line += 1) output.write('x'.repeat(1_000) + '\\n');
    const tick = setInterval(() => process.stderr.write(output.silentMs > 0 ? 'waits\\n' : 'free\\n'), 20);
    process.on('SIGTERM', async () => { await output.flush(300); process.exit(7); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

describe('a log that nobody reads', () => {
  it('does not stop who writes it, is told, loses lines beyond a megabyte, and says how many once it is read', async () => {
    const child = talker();
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    await eventually(() => expect(said).toContain('waits'), { what: 'a line that waits' });
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (part: string) => (text += part));
    await eventually(() => expect(said).toMatch(/free\n$/), { what: 'all lines taken' });
    // A megabyte, and what the kernel holds of a socket's.
    expect(text.length).toBeLessThan(1_500_000);
    expect(text.length).toBeGreaterThan(1_000_000);
  });

  it('does not keep it from ending', async () => {
    const child = talker();
    await new Promise((resolve) => child.stderr!.once('data', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(7);
  });
});
