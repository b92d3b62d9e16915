import type { DocumentShare } from './document-share.js';
import type { TaskFile } from '../spec/schema.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { EvaluationPlan, PlannedTask, Split } from './plan.js';

/** The evaluation of one split, as the sweep file asks for it. */
export function planEvaluation(
  spec: SweepSpec,
  split: Split,
  documents?: DocumentShare,
): EvaluationPlan {
  const { model, model_args, batch_size, device, args } = spec.file.evaluation;
  return {
    split,
    tasks: spec.file.tasks[split].map(planTask),
    model,
    modelArgs: model_args,
    batchSize: batch_size,
    ...(spec.includePath !== undefined && { includePath: spec.includePath }),
    ...(spec.evaluationCwd !== undefined && { cwd: spec.evaluationCwd }),
    ...(device !== undefined && { device }),
    ...(documents !== undefined && { documents }),
    args,
  };
}

function planTask(task: TaskFile): PlannedTask {
  const { name, metric, direction, weight, num_fewshot, limit } = task;
  return {
    name,
    metric,
    direction,
    weight,
    ...(num_fewshot !== undefined && { numFewshot: num_fewshot }),
    ...(limit !== undefined && { limit }),
    ...(task.for !== undefined && { for: task.for }),
  };
}
