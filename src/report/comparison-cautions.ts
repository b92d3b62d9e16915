import type { EvaluationPlan, Split } from '../evaluation/plan.js';
import { rankFinalists } from '../scoring/select-best.js';
import type { TrialRow } from '../store/rows.js';
import { levelFor } from './finalists.js';
import type { SplitScore } from './scored-model.js';

/** One compared model's evaluations. */
export interface Evaluated {
  readonly name: string;
  readonly splits: Readonly<Partial<Record<Split, SplitScore>>>;
}

/** Differences in how models were evaluated, each against the first: a model with its own chat template has other prompts by right. */
export function findCautions(models: readonly Evaluated[]): string[] {
  const [first] = models;
  if (first === undefined) return [];
  return models.slice(1).flatMap((model) =>
    (['search', 'confirm'] as const).flatMap((split) => {
      const [a, b] = [first.splits[split], model.splits[split]];
      if (a === undefined || b === undefined) return [];
      const pair = `${model.name} and ${first.name}, ${split}`;
      const settings = otherSettings(a.trial.input.evaluation, b.trial.input.evaluation);
      const prompts = otherPrompts(a, b);
      return [
        ...(settings.length === 0
          ? []
          : [`${pair}: evaluated with another ${settings.join(', ')}`]),
        ...(prompts.length === 0
          ? []
          : [
              `${pair}: other prompts or targets in ${prompts.join(', ')} (lm-eval's task hashes differ)`,
            ]),
      ];
    }),
  );
}

/** That a model was chosen by the very scores that are compared. */
export function findChoice(name: string, trial: string, trials: readonly TrialRow[]): string[] {
  const finalists = rankFinalists(trials);
  if (finalists.length < 2 || finalists[0]?.trial !== trial) return [];
  return [
    `${name}, confirm: chosen among ${finalists.length} finalists on these documents, which flatters it: ` +
      `take a difference there for real below p = ${Number(levelFor(finalists.length).toPrecision(2))}`,
  ];
}

/** By the names of the sweep file. */
function otherSettings(a: EvaluationPlan, b: EvaluationPlan): string[] {
  const settings = {
    model: (plan: EvaluationPlan) => plan.model,
    model_args: (plan: EvaluationPlan) => sorted(plan.modelArgs),
    // The batch's size changes scores in bfloat16.
    batch_size: (plan: EvaluationPlan) => plan.batchSize,
    args: (plan: EvaluationPlan) => sorted(plan.args),
  };
  return Object.entries(settings).flatMap(([name, read]) =>
    JSON.stringify(read(a)) === JSON.stringify(read(b)) ? [] : [name],
  );
}

const sorted = (record: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

function otherPrompts(a: SplitScore, b: SplitScore): string[] {
  const [first, own] = [a.trial.taskHashes ?? {}, b.trial.taskHashes ?? {}];
  return Object.keys(own).filter((task) => first[task] !== undefined && first[task] !== own[task]);
}
