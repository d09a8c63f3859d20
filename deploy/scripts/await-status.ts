import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../../src/cli/command.ts';
import { currentStatus } from '../../src/cli/status/current-status.ts';
import { type Awaited, waitFor } from '../../src/cli/status/wait.ts';
import { findDaemon } from '../../src/environment/daemon-place.ts';

/** `await-status.ts settled|offAir SECONDS [BEFORE AFTER]`: waits for the daemon of STREAM_CONFIG_DIR, with lines of progress. */
async function main([goal, seconds, before, hash]: readonly string[]): Promise<number> {
  const limitMs = Number(seconds) * 1000;
  if ((goal !== 'settled' && goal !== 'offAir') || !(limitMs > 0)) {
    process.stderr.write('use: await-status.ts settled|offAir SECONDS [BEFORE AFTER]\n');
    return EXIT.usage;
  }
  const found = findDaemon(process.env, process.cwd());
  if (found.kind === 'wrong') {
    process.stderr.write(`${found.message}\n`);
    return EXIT.usage;
  }
  const awaited: Awaited = { goal, before: before ?? null, hash: hash ?? null };
  const end = await waitFor(awaited, limitMs, {
    look: () => currentStatus(found.place),
    sleep,
    nowMs: () => performance.now(),
    tell: (line) => void process.stdout.write(`${line}\n`),
  });
  if (end === 'late') {
    const what = goal === 'offAir' ? 'off air' : 'as wished';
    process.stderr.write(`not ${what} within ${String(seconds)} s; the wish stands, and a daemon goes on trying\n`);
  }
  return end === 'reached' ? EXIT.well : EXIT.failed;
}

process.exitCode = await main(process.argv.slice(2));
