/** What a program of a suite counts for: tests by its report, a tool by its exit status. */
import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * A run that failed without a failed test (a file that does not import, a crash) counts as one
 * failure, and so does one that was asked for tests and executed none.
 * @returns {Counts}
 */
export function countResults(command, exitCode) {
  if (command.report === undefined) {
    return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
  }
  const counts = readCounts(command.report);
  const isUnexplained = counts.failed === 0 && (exitCode !== 0 || counts.passed === 0);
  return isUnexplained ? { ...counts, failed: 1 } : counts;
}

function readCounts({ format, path }) {
  try {
    const text = readFileSync(path, 'utf8');
    return format === 'vitest' ? readVitest(JSON.parse(text)) : readJunit(text);
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function readVitest(report) {
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readJunit(text) {
  const count = (name) =>
    [...text.matchAll(/<testsuite\s[^>]*>/g)].reduce(
      (sum, [tag]) => sum + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0),
      0,
    );
  const failed = count('failures') + count('errors');
  const skipped = count('skipped');
  return { passed: count('tests') - failed - skipped, failed, skipped };
}
