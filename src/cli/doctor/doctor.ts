import { EXIT, type Invocation } from '../command.ts';
import { CHECKS, runChecks } from './check-list.ts';
import type { Finding } from './finding.ts';
import { takeSituation } from './situation.ts';
import { doctorLines } from './text.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../../system/version.ts';
import { createRedactor } from '../../text/redact.ts';
import { clipped } from '../../text/terminal.ts';

/** Long enough for two tries to connect; all checks run at once, so this is about what the whole takes at most. */
const LIMIT_MS = 10_000;

/** Looks at every precondition; changes and publishes nothing. */
export async function run({ options, env, cwd, terminal }: Invocation): Promise<number> {
  const situation = takeSituation(env, cwd);
  const showsProgress = terminal.isInteractive && !options.has('json');
  const found = await runChecks(CHECKS, situation, {
    limitMs: LIMIT_MS,
    onProgress: (underWay) => {
      if (showsProgress) showProgress(underWay, terminal);
    },
  });
  const redact = createRedactor(situation.secrets);
  const findings = found.map(({ check, verdict, message, remedy }): Finding => ({
    check,
    verdict,
    message: redact(message),
    remedy: remedy === null ? null : redact(remedy),
  }));
  if (options.has('json')) terminal.out(JSON.stringify(jsonOf(findings), null, 2));
  else {
    const width = terminal.isInteractive ? terminal.size().columns : null;
    terminal.out(doctorLines(findings, { colour: terminal.colour, width }).join('\n'));
  }
  if (situation.read.kind === 'invalid') return EXIT.usage;
  return findings.some(({ verdict }) => verdict === 'failed') ? EXIT.failed : EXIT.well;
}

function jsonOf(findings: readonly Finding[]): object {
  const worst = (['failed', 'warning', 'unknown'] as const).find((verdict) =>
    findings.some((finding) => finding.verdict === verdict),
  );
  return { version: VERSION, verdict: worst ?? 'ok', findings };
}

/** One line that is redrawn in place, and wiped at the end. */
function showProgress(underWay: readonly string[], terminal: Terminal): void {
  const text = underWay.length === 0 ? '' : `looking: ${underWay.join(', ')}`;
  process.stdout.write(`\r\u001b[K${clipped(text, terminal.size().columns - 1)}`);
}
