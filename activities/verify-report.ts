import { TrialFailedError, type FailureClass } from '../src/errors.js';
import type { PackedEvalReport } from '../src/evaluation/eval-report.js';
import type { Split } from '../src/evaluation/plan.js';
import { unpackReport } from '../src/external/packed-report.js';
import { largestScore } from '../src/scoring/fitness.js';

/**
 * Checks what came over the wire before the ledger sees it: the node checked the same, but its
 * version may be another one, and JSON turns a NaN into null.
 *
 * @throws TrialFailedError `truncated_results` for a report that is not whole, `bad_score` for
 *   numbers that are none
 */
export function verifyReport(report: PackedEvalReport, split: Split, attempt: number): void {
  const refuse = (failureClass: FailureClass, reason: string): never => {
    throw new TrialFailedError({ class: failureClass, reason, stage: 'collect', attempt });
  };
  if (report.split !== split) {
    refuse('truncated_results', `expected scores of the ${split} split, got ${report.split}`);
  }
  const seen = new Set<string>();
  for (const { task, metric, value, stderr, documents } of report.scores) {
    const name = `${metric} of task ${task}`;
    if (seen.has(name)) refuse('truncated_results', `${name} was reported twice`);
    seen.add(name);
    if (!isNumber(value)) refuse('bad_score', `${name} must be a finite number, got ${value}`);
    if (stderr !== undefined && !(isNumber(stderr) && stderr >= 0)) {
      refuse('bad_score', `the standard error of ${name} must be a number ≥ 0, got ${stderr}`);
    }
    if (!(Number.isSafeInteger(documents) && documents > 0)) {
      refuse('truncated_results', `${name} must be over documents, got ${documents} of them`);
    }
  }
  try {
    unpackReport(report);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse('truncated_results', `per-document values can't be unpacked: ${reason}`);
  }
  for (const entry of report.documents) {
    if (!seen.has(`${entry.metric} of task ${entry.task}`)) {
      refuse('truncated_results', `values of ${entry.task} ${entry.metric} came without a score`);
    }
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= largestScore;
}
