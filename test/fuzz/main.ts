/** `npm run fuzz`: mutated inputs through the code that reads them, watched from outside. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFuzzFlags, usage, type FuzzFlags } from './fuzz-flags.js';
import { violationKinds, type Violation } from './fuzzer.js';
import { removeScratch } from './scratch.js';
import { replayCase, runTarget, type TargetRun } from './run-target.js';
import type { TargetName } from './targets/index.js';

const atOnce = 2;
const outDir = join(tmpdir(), 'mergesweep-fuzz');
/** Violations of one target that are told in words; all are counted. */
const mostTold = 10;

try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  removeScratch();
}

async function main(args: readonly string[]): Promise<number> {
  let flags: FuzzFlags;
  try {
    flags = parseFuzzFlags(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (flags.isHelp) {
    process.stdout.write(usage);
    return 0;
  }
  return flags.replay === undefined ? fuzz(flags) : replay(flags.replay);
}

async function fuzz(flags: FuzzFlags): Promise<number> {
  const { targets, seed, cases, seconds } = flags;
  const limit = seconds === undefined ? '' : ` --seconds ${seconds}`;
  say(`npm run fuzz -- ${targets.join(' ')} --cases ${cases} --seed ${seed}${limit}`);
  const start = performance.now();
  const runs = new Map<TargetName, TargetRun>();
  const waiting = [...targets];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        runs.set(next, await fuzzTarget(next, flags));
    }),
  );
  const violations = Object.fromEntries(violationKinds.map((kind) => [kind, 0]));
  for (const run of runs.values())
    for (const { kind } of run.violations) violations[kind] = (violations[kind] ?? 0) + 1;
  const ordered = targets.map((target) => [target, runs.get(target)] as const);
  say(
    JSON.stringify({
      program: 'fuzz',
      seed,
      cases: Object.fromEntries(ordered.map(([target, run]) => [target, run?.cases ?? 0])),
      violations,
      tally: Object.fromEntries(ordered.map(([target, run]) => [target, run?.tally ?? {}])),
      slowestMs: Object.fromEntries(
        ordered.map(([target, run]) => [target, Math.round(run?.slowestMs ?? 0)]),
      ),
      seconds: Math.round((performance.now() - start) / 100) / 10,
    }),
  );
  return Object.values(violations).some((count) => count > 0) ? 1 : 0;
}

async function fuzzTarget(target: TargetName, flags: FuzzFlags): Promise<TargetRun> {
  const { seed, cases, seconds, hangMs } = flags;
  const start = performance.now();
  let told = 0;
  const run = await runTarget({
    target,
    seed,
    cases,
    hangMs,
    outDir,
    ...(seconds !== undefined && { seconds }),
    onViolation: (index, violation, file) => {
      if (++told <= mostTold) tell(target, seed, index, violation, file);
    },
    onProgress: (done, all) => {
      if (done % 10_000 === 0) say(`${target}: ${done}/${all}`);
    },
  });
  const labels = Object.entries(run.tally).map(([label, count]) => `${count} ${label}`);
  say(
    `${target}: ${run.cases} cases in ${((performance.now() - start) / 1000).toFixed(1)} s ` +
      `(${labels.join(', ')}), slowest ${run.slowestMs.toFixed(0)} ms, ` +
      `at most ${(run.peakBytes / 2 ** 20).toFixed(0)} MiB, ${run.violations.length} violations`,
  );
  return run;
}

function tell(target: string, seed: number, index: number, violation: Violation, file?: string) {
  say(`\n${target}: ${violation.kind}: ${violation.message}`);
  say(`  written to ${file ?? '–'}; again: npm run fuzz -- --replay ${target}:${seed}:${index}\n`);
}

async function replay({ target, seed, index }: NonNullable<FuzzFlags['replay']>): Promise<number> {
  const answer = await replayCase({ target, seed, outDir }, index);
  const isLost = 'lost' in answer;
  const verdict = isLost ? undefined : answer.verdict;
  if (isLost) say(answer.how);
  else if (answer.verdict.kind === 'fine') say(`fine: ${answer.verdict.label}, ${answer.cpuMs} ms`);
  else tell(target, seed, index, answer.verdict, answer.file);
  const isFine = verdict?.kind === 'fine';
  const kind = isLost ? (answer.lost === 'died' ? 'crash' : 'hang') : answer.verdict.kind;
  say(
    JSON.stringify({
      program: 'fuzz',
      seed,
      cases: { [target]: 1 },
      violations: Object.fromEntries(violationKinds.map((name) => [name, name === kind ? 1 : 0])),
    }),
  );
  return isFine ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
