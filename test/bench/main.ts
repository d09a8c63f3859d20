import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine } from '../chaos/fault-table.ts';
import { killMarked, makeWorkspace } from '../fixtures/workspace.ts';
import { type KeptPart, performancePage, tableText } from './report/page.ts';
import { ROUNDS } from './part.ts';
import { PARTS } from './parts.ts';
import { barChart } from './report/plot.ts';
import { killScene } from './stage/scene.ts';

/**
 * `npm run bench [PART...]`: measures the parts, each in a process of its own, and prints what came of them. Nothing is
 * asserted. What was measured is kept in BENCH_RESULTS, so that parts of several runs make one page; with BENCH_WRITE=1
 * `docs/performance.md` and its plots are written from all that is kept. Exit 1: a part failed, the others were measured.
 */
const RESULTS = process.env['BENCH_RESULTS'] ?? join(tmpdir(), `stream-controller-bench-${process.getuid?.()}.json`);
const DOCS = join(import.meta.dirname, '../../docs');
const PLOTS = join(DOCS, 'performance');
/** The longest takes four minutes on a machine with nothing else to do. */
const PART_LIMIT_MS = 8 * 60_000;

let running: ChildProcess | null = null;
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped = true;
    running?.kill('SIGKILL');
  });
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(`no part is called ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`);
  process.exit(2);
}
const failed: string[] = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(PARTS)) {
  if (stopped) break;
  const part = await measured(name);
  if (part === null) failed.push(name);
  else keep(part);
}
if (process.env['BENCH_WRITE'] === '1') writePage(kept());
if (failed.length > 0) process.stderr.write(`\nnot measured: ${failed.join(', ')}\n`);
process.exitCode = failed.length > 0 || stopped ? 1 : 0;

/** null = it failed, which was told on stderr. Whatever it started is ended. */
async function measured(name: string): Promise<KeptPart | null> {
  process.stderr.write(`measuring ${name} …\n`);
  const beganAtMs = performance.now();
  const { dir, cleanup } = makeWorkspace();
  const file = join(dir, 'figures.json');
  const where = `${machine()} Kernel ${release()}. Rounds: ${ROUNDS}; ${new Date().toISOString().slice(0, 16)}Z, load before it ${loadavg()[0]?.toFixed(2)}.`;
  running = spawn(process.execPath, [join(import.meta.dirname, 'run-part.ts'), name, file], {
    env: { ...process.env, BENCH_DIR: dir },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const limit = setTimeout(() => running?.kill('SIGKILL'), PART_LIMIT_MS);
  await new Promise((done) => running?.once('exit', done));
  clearTimeout(limit);
  await killMarked(`BENCH_DIR=${dir}`);
  for (const scene of [dir, ...readdirSync(dir).map((entry) => join(dir, entry))]) await killScene(scene);
  const { title, about } = PARTS[name]!;
  const figures = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeptPart['figures']) : null;
  await cleanup();
  process.stderr.write(`${name} took ${((performance.now() - beganAtMs) / 1_000).toFixed(0)} s\n`);
  if (figures === null) return null;
  process.stdout.write(`\n${[...figures.tables.map(tableText), ...figures.notes].join('\n\n')}\n\n`);
  return { name, title, about, where, figures };
}

function kept(): readonly KeptPart[] {
  if (!existsSync(RESULTS)) return [];
  const all = JSON.parse(readFileSync(RESULTS, 'utf8')) as readonly KeptPart[];
  return Object.keys(PARTS).flatMap((name) => all.find((part) => part.name === name) ?? []);
}

function keep(part: KeptPart): void {
  const others = kept().filter(({ name }) => name !== part.name);
  writeFileSync(RESULTS, JSON.stringify([...others, part], null, 1));
}

function writePage(parts: readonly KeptPart[]): void {
  rmSync(PLOTS, { recursive: true, force: true });
  mkdirSync(PLOTS, { recursive: true });
  for (const plot of parts.flatMap(({ figures }) => figures.plots)) {
    writeFileSync(join(PLOTS, `${plot.name}.svg`), barChart(plot));
  }
  writeFileSync(join(DOCS, 'performance.md'), performancePage(parts));
}
