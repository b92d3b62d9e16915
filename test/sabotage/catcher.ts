/** What has to notice a planted bug: one named test, or one of the fault programs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type Catcher =
  | {
      /** A test file of the project `unit`. */
      readonly test: string;
      /** Of one test in it, or the beginning of several. */
      readonly title: string;
    }
  | {
      /** `npm run` this. */
      readonly program: 'sim' | 'powercut' | 'faultsweep' | 'fuzz';
      readonly args: readonly string[];
    };

export function nameCatcher(catcher: Catcher): string {
  return 'test' in catcher
    ? `${catcher.test} › ${catcher.title}`
    : `npm run ${catcher.program} -- ${catcher.args.join(' ')}`;
}

export interface Verdict {
  /** `nothing`: no such test ran, or it broke otherwise than by failing: neither proves anything. */
  readonly outcome: 'passed' | 'caught' | 'nothing';
  /** The end of what it said. */
  readonly output: string;
}

/** Longer than any of them takes on a busy machine; a bug that hangs a test is caught as well. */
const limitMs = 300_000;

export function runCatcher(catcher: Catcher, root: string): Verdict {
  return 'test' in catcher ? runTest(catcher, root) : runProgram(catcher, root);
}

function runTest({ test, title }: Extract<Catcher, { test: string }>, root: string): Verdict {
  const report = join(root, '.sabotage', 'report.json');
  rmSync(report, { force: true });
  mkdirSync(join(root, '.sabotage'), { recursive: true });
  const { output, timedOut } = run(root, 'vitest', [
    ...['run', '--project', 'unit', test, '-t', escapePattern(title)],
    ...['--reporter=json', `--outputFile.json=${report}`],
  ]);
  if (timedOut) return { outcome: 'caught', output };
  const counts = readReport(report);
  if (counts === undefined || counts.passed + counts.failed === 0)
    return { outcome: 'nothing', output };
  return { outcome: counts.failed > 0 ? 'caught' : 'passed', output };
}

function runProgram(
  { program, args }: Extract<Catcher, { program: string }>,
  root: string,
): Verdict {
  const { output, stdout, status, timedOut } = run(root, 'tsx', [
    `test/${program}/main.ts`,
    ...args,
  ]);
  if (timedOut) return { outcome: 'caught', output };
  const violations = readViolations(stdout);
  if (violations === undefined) return { outcome: 'nothing', output };
  if (violations > 0 && status === 1) return { outcome: 'caught', output };
  return { outcome: status === 0 ? 'passed' : 'nothing', output };
}

function run(root: string, tool: string, args: readonly string[]) {
  const { stdout, stderr, status, error } = spawnSync(
    join(root, 'node_modules', '.bin', tool),
    args,
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 256_000_000,
      timeout: limitMs,
      killSignal: 'SIGKILL',
    },
  );
  const output = `${stdout}\n${stderr}`.trim().slice(-3000);
  return {
    stdout,
    output,
    status,
    timedOut: (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT',
  };
}

function readReport(path: string): { passed: number; failed: number } | undefined {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
    return { passed: report['numPassedTests'] ?? 0, failed: report['numFailedTests'] ?? 0 };
  } catch {
    return undefined;
  }
}

function readViolations(stdout: string): number | undefined {
  try {
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      violations: Record<string, number>;
    };
    return Object.values(last.violations).reduce((sum, count) => sum + count, 0);
  } catch {
    return undefined;
  }
}

/** vitest takes a pattern. */
function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
