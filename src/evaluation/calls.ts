import { StageFailedError } from '../errors.js';
import { isArgumentOpen } from '../spec/argument-tables.js';
import type { EvaluationPlan, PlannedTask } from './plan.js';

/** One run of lm_eval: it takes one `--num_fewshot` and one `--limit` for all its tasks. */
export interface LmEvalCall {
  readonly plan: EvaluationPlan;
  /** In the plan's order; a task with two metrics stands here twice. */
  readonly tasks: readonly PlannedTask[];
  readonly numFewshot?: number;
  readonly limit?: number;
}

/** Groups the plan's tasks by (numFewshot, limit); calls and tasks keep the plan's order. */
export function planCalls(plan: EvaluationPlan): LmEvalCall[] {
  const groups = new Map<string, PlannedTask[]>();
  for (const task of plan.tasks) {
    const key = `${task.numFewshot ?? 'default'} ${task.limit ?? 'all'}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [task]);
    else group.push(task);
  }
  return [...groups.values()].map((tasks) => ({
    plan,
    tasks,
    ...(tasks[0]?.numFewshot === undefined ? {} : { numFewshot: tasks[0].numFewshot }),
    ...(tasks[0]?.limit === undefined ? {} : { limit: tasks[0].limit }),
  }));
}

// lm-eval's own defaults, named so that a change of theirs changes no score here.
const defaultSeeds = '0,1234,1234,1234';

/**
 * The arguments of one run of lm_eval. `--model_args` goes as JSON, so commas and equals signs in a
 * path stay what they are; everything else is `--key=value` in one word.
 * @param samplesPath file with the ids of the documents to score, by leaf task
 * @throws StageFailedError `configuration` for an argument that can't be passed through.
 */
export function lmEvalArguments(
  call: LmEvalCall,
  modelPath: string,
  outDir: string,
  samplesPath?: string,
): string[] {
  const { plan } = call;
  if ('pretrained' in plan.modelArgs) throw refused('model_args', 'pretrained', 'set per trial');
  const tasks = [...new Set(call.tasks.map((task) => task.name))];
  return [
    'run',
    `--model=${plan.model}`,
    '--model_args',
    JSON.stringify({ pretrained: modelPath, ...plan.modelArgs }),
    `--tasks=${tasks.join(',')}`,
    `--batch_size=${plan.batchSize}`,
    ...(call.numFewshot === undefined ? [] : [`--num_fewshot=${call.numFewshot}`]),
    // lm-eval takes one of the two; the chosen documents are below the limit.
    ...(samplesPath !== undefined
      ? [`--samples=${samplesPath}`]
      : call.limit === undefined
        ? []
        : [`--limit=${call.limit}`]),
    ...(plan.device === undefined ? [] : [`--device=${plan.device}`]),
    ...(plan.includePath === undefined ? [] : [`--include_path=${plan.includePath}`]),
    ...('seed' in plan.args ? [] : [`--seed=${defaultSeeds}`]),
    '--log_samples',
    `--output_path=${outDir}`,
    ...Object.entries(plan.args).flatMap(([key, value]) => passedThrough(key, value)),
  ];
}

function passedThrough(key: string, value: string | number | boolean): string[] {
  if (!/^[a-z][a-z0-9_]*$/.test(key)) throw refused('args', key, "not lm_eval's spelling");
  // Not a list of what is closed: argparse takes the beginning of a name for the name.
  if (!isArgumentOpen('evaluation.args', key))
    throw refused('args', key, 'not open to sweep files');
  if (value === true) return [`--${key}`];
  return value === false ? [] : [`--${key}=${value}`];
}

function refused(where: string, key: string, why: string): StageFailedError {
  return new StageFailedError(
    'configuration',
    `evaluation.${where}.${key} is ${why}: remove it from the sweep file.`,
  );
}
