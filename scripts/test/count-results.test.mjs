import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countResults } from './count-results.mjs';

const folder = mkdtempSync(join(tmpdir(), 'count-results-'));

function report(format, text) {
  const path = join(folder, `${Math.abs(text.length)}-${format}`);
  writeFileSync(path, text);
  return { report: { format, path } };
}

const vitest = (numPassedTests, numFailedTests, testResults = []) =>
  report(
    'vitest',
    JSON.stringify({
      numPassedTests,
      numFailedTests,
      numPendingTests: 1,
      numTodoTests: 0,
      testResults,
    }),
  );

const junit = (attributes) =>
  report(
    'junit',
    `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes}><testcase name="a"/></testsuite></testsuites>`,
  );

describe('countResults', () => {
  it('counts a tool without a report as one', () => {
    expect(countResults({}, 0)).toMatchObject({ passed: 1, failed: 0 });
    expect(countResults({}, 2)).toMatchObject({ passed: 0, failed: 1 });
    expect(countResults({}, null)).toMatchObject({ passed: 0, failed: 1 });
  });

  it("counts vitest's tests", () => {
    expect(countResults(vitest(7, 0), 0)).toEqual({ passed: 7, failed: 0, skipped: 1 });
    expect(countResults(vitest(6, 2), 1)).toEqual({ passed: 6, failed: 2, skipped: 1 });
  });

  it('counts a test file that does not import as a failure', () => {
    const broken = [{ status: 'failed', assertionResults: [] }];
    expect(countResults(vitest(6, 0, broken), 1).failed).toBe(1);
  });

  it('counts a run that fails for no test as a failure', () => {
    expect(countResults(vitest(6, 0), 1).failed).toBe(1);
  });

  it('counts a run that executed nothing as a failure', () => {
    expect(countResults(vitest(0, 0), 0).failed).toBe(1);
    expect(
      countResults({ report: { format: 'vitest', path: join(folder, 'none') } }, 0).failed,
    ).toBe(1);
  });

  it("counts pytest's tests", () => {
    expect(countResults(junit('errors="1" failures="2" skipped="3" tests="10"'), 1)).toEqual({
      passed: 4,
      failed: 3,
      skipped: 3,
    });
  });
});
