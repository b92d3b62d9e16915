import { TrialFailedError, type FailureClass } from '../src/errors.js';
import type { PackedEvalReport } from '../src/evaluation/eval-report.js';
import { metricRange } from '../src/evaluation/metric-range.js';
import type { EvaluationPlan } from '../src/evaluation/plan.js';
import { unpackReport } from '../src/external/packed-report.js';
import { largestScore } from '../src/scoring/fitness.js';

/**
 * Checks what came over the wire before the ledger sees it: the node checked the same, but its
 * version may be another one, and JSON turns a NaN into null.
 *
 * @throws TrialFailedError `truncated_results` for a report that is not whole or not of this plan,
 *   `bad_score` for numbers that are none
 */
export function verifyReport(
  report: PackedEvalReport,
  plan: Pick<EvaluationPlan, 'split' | 'tasks'>,
  attempt: number,
): void {
  const refuse = (failureClass: FailureClass, reason: string): never => {
    throw new TrialFailedError({ class: failureClass, reason, stage: 'collect', attempt });
  };
  if (report.split !== plan.split) {
    refuse('truncated_results', `expected scores of the ${plan.split} split, got ${report.split}`);
  }
  const counts = new Map<string, number>();
  for (const { task, metric, value, stderr, documents, higherIsBetter } of report.scores) {
    const name = `${metric} of task ${task}`;
    if (counts.has(name)) refuse('truncated_results', `${name} was reported twice`);
    counts.set(name, documents);
    const planned = plan.tasks.find((each) => each.name === task && each.metric === metric);
    if (planned === undefined) refuse('truncated_results', `${name} was not asked for`);
    if (higherIsBetter !== (planned?.direction === 'maximize'))
      refuse('truncated_results', `expected ${name} to ${planned?.direction}, got the opposite`);
    const { min, max } = metricRange(metric);
    if (!isNumber(value) || value < min || value > max)
      refuse('bad_score', `${name} must be a finite number from ${min} to ${max}, got ${value}`);
    if (stderr !== undefined && !(isNumber(stderr) && stderr >= 0)) {
      refuse('bad_score', `the standard error of ${name} must be a number ≥ 0, got ${stderr}`);
    }
    if (!(Number.isSafeInteger(documents) && documents > 0)) {
      refuse('truncated_results', `${name} must be over documents, got ${documents} of them`);
    }
  }
  for (const { task, metric, count, documentsHash } of report.documents) {
    const name = `${metric} of task ${task}`;
    const expected = counts.get(name);
    // Also where they came a second time.
    counts.delete(name);
    if (expected === undefined)
      refuse('truncated_results', `values of ${name} came without a score`);
    if (count !== expected)
      refuse('truncated_results', `expected ${expected} values of ${name}, got ${count}`);
    if (!/^[0-9a-f]{64}$/.test(documentsHash))
      refuse('truncated_results', `values of ${name} came without the hash of their documents`);
  }
  try {
    unpackReport(report);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse('truncated_results', `per-document values can't be unpacked: ${reason}`);
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= largestScore;
}
