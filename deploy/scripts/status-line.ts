import { EXIT } from '../../src/cli/command.ts';
import { currentStatus } from '../../src/cli/status/current-status.ts';
import { findDaemon } from '../../src/environment/daemon-place.ts';
import { httpStatusFor } from '../../src/health/body.ts';
import { printable } from '../../src/text/terminal.ts';

/** How the stream of STREAM_CONFIG_DIR is, in one line; the exit codes of `streamctl status`. */
async function main(): Promise<number> {
  const found = findDaemon(process.env, process.cwd());
  if (found.kind === 'wrong') {
    process.stderr.write(`${found.message}\n`);
    return EXIT.usage;
  }
  const { answer, remains } = await currentStatus(found.place);
  const line =
    answer.kind === 'report'
      ? `${answer.report.status} ${answer.report.reason}: ${answer.report.message}`
      : `unknown DaemonSilent: ${answer.why}; ${remains?.message ?? ''}`;
  process.stdout.write(`${printable(line)}\n`);
  return answer.kind === 'report' && httpStatusFor(answer.report.status) === 200 ? EXIT.well : EXIT.failed;
}

process.exitCode = await main();
