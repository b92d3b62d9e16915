import type { EvalReport, TaskScore } from '../evaluation/eval-report.js';
import { metricRange } from '../evaluation/metric-range.js';
import type { EvaluationPlan } from '../evaluation/plan.js';
import type { TaskOutcome } from '../samplers/sampler.js';
import { computeFitness } from './fitness.js';

/**
 * What a search gets to know of a report: every task of the plan with its share, and how far its
 * value may be off.
 *
 * @throws TrialFailedError `bad_score` as {@link computeFitness}
 */
export function toTaskOutcomes(
  report: Pick<EvalReport, 'scores'>,
  plan: Pick<EvaluationPlan, 'tasks'>,
): TaskOutcome[] {
  return computeFitness(report, plan).perTask.map(({ task, metric, value, share }, index) => {
    const score = report.scores.find((entry) => entry.task === task && entry.metric === metric);
    const error = score === undefined ? undefined : standardError(score);
    return {
      value,
      ...(error !== undefined && { error }),
      direction: plan.tasks[index]?.direction ?? 'maximize',
      share,
    };
  });
}

/**
 * lm-eval's, or that of a share of right answers. Of n documents of which all are right (or none) the
 * sample says 0, which no search should take for certainty: half a document stands against it.
 *
 * @returns undefined where nothing is known
 */
export function standardError({ metric, value, stderr, documents }: TaskScore): number | undefined {
  const { min, max } = metricRange(metric);
  if (min !== 0 || max !== 1 || value < 0 || value > 1) return stderr;
  const variance = stderr === undefined ? (value * (1 - value)) / documents : stderr ** 2;
  return Math.sqrt(Math.max(variance, 0.5 / documents ** 2));
}
