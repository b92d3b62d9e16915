import type { MergeOptions, TrialSubject } from '../../activities/contracts.js';
import { fingerprintRecipe } from '../merge/fingerprint.js';
import { hashJson } from '../spec/canonical-json.js';
import type { EvaluationPlan } from './plan.js';

/**
 * Equal for evaluations that give the same model the same scores; 64 hex digits. Weights, directions
 * and guards of tasks belong to the fitness and don't count.
 */
export function fingerprintEvaluation(plan: EvaluationPlan): string {
  return hashJson({
    ...plan,
    tasks: plan.tasks.map(({ name, metric, numFewshot, limit }) => ({
      name,
      metric,
      numFewshot,
      limit,
    })),
  });
}

/** `RunTrialInput.workKey`: `<16 hex>-<16 hex>`, equal for equal work. */
export function createWorkKey(
  subject: TrialSubject,
  mergeOptions: MergeOptions,
  plan: EvaluationPlan,
): string {
  const subjectHash =
    subject.kind === 'merge'
      ? hashJson({ recipe: fingerprintRecipe(subject.recipe), mergeOptions })
      : hashJson({ model: subject.model });
  return `${subjectHash.slice(0, 16)}-${fingerprintEvaluation(plan).slice(0, 16)}`;
}
