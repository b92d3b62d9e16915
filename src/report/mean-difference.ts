/** The weighted mean of two models on the same documents: is that difference real? */
import type { PlannedTask } from '../evaluation/plan.js';
import type { PairedDifference, PairedVerdict } from './paired.js';
import { twoSidedTailOfT } from './student-t.js';

export interface MeanDifference {
  /** Fitness of the second − that of the first; higher is better. */
  readonly difference: number;
  /** From the tasks' paired errors; absent where a task has none. */
  readonly stderr?: number;
  /** 95 %, normal. */
  readonly interval?: readonly [number, number];
  readonly pValue?: number;
  readonly verdict?: PairedVerdict;
}

/** Student's t with this many degrees of freedom is the normal distribution to 1e-7. */
const normalFreedom = 1e7;

/** Two-sided 95 % quantile of the normal distribution. */
const criticalZ = 1.959963984540054;

/**
 * Combines the tasks' paired errors by their shares in the fitness: the tasks' documents differ, so
 * the errors are independent.
 *
 * @param tasks of the plan, each with its paired difference as far as there is one
 * @param difference of the fitness
 */
export function compareMeans(
  tasks: readonly {
    readonly planned: PlannedTask;
    readonly paired: PairedDifference | undefined;
  }[],
  difference: number,
): MeanDifference {
  const total = tasks.reduce((sum, { planned }) => sum + planned.weight, 0);
  let variance = 0;
  let paired = 0;
  for (const task of tasks) {
    const { weight, direction } = task.planned;
    if (task.paired?.stderr === undefined) return { difference };
    const share = weight / total;
    variance += (share * task.paired.stderr) ** 2;
    paired += share * (direction === 'minimize' ? -1 : 1) * task.paired.difference;
  }
  // A metric that is not the mean of its documents' values (a perplexity) has another error.
  if (tasks.length === 0 || Math.abs(paired - difference) > 1e-6) return { difference };
  const stderr = Math.sqrt(variance);
  const pValue = difference === 0 ? 1 : twoSidedTailOfT(difference / stderr, normalFreedom);
  const isShown = pValue < 0.05 && difference !== 0;
  return {
    difference,
    stderr,
    interval: [difference - criticalZ * stderr, difference + criticalZ * stderr],
    pValue,
    verdict: isShown ? (difference > 0 ? 'better' : 'worse') : 'no difference shown',
  };
}
