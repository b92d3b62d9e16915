/** How far from the optimum a search ends, after each of the budgets. */

/** In trials; a run of fewer has those that it reaches. */
export const budgets = [50, 100, 200, 300] as const;

/** In points of accuracy for merges, in the function's own units else. */
export interface Regret {
  readonly budget: number;
  /** Of the point that is shipped. */
  readonly best: number;
  /** Of the best of five finalists: what measuring them again without noise would ship. */
  readonly top5: number;
  /** Of the best point that was tried. */
  readonly oracle: number;
}

export type RegretMeasure = 'best' | 'top5' | 'oracle';

/** Points of accuracy are hundredths. */
export function regretScale(spec: string): number {
  return spec.startsWith('merge') ? 100 : 1;
}

/** @param budget of the run */
export function reachedBudgets(budget: number): readonly number[] {
  return budgets.filter((reached) => reached <= budget);
}

/**
 * Of a recorded run: it ships the best measured point, and its finalists are the five best measured, the earlier one
 * where they are equal.
 */
export function regretsOfRecord(
  { measured, true: truth }: { measured: readonly number[]; true: readonly number[] },
  optimum: number,
  scale: number,
): Regret[] {
  return reachedBudgets(measured.length).map((budget) => {
    const order = Array.from({ length: budget }, (_, index) => index).toSorted(
      (a, b) => (measured[a] ?? 0) - (measured[b] ?? 0),
    );
    const finalists = order.slice(0, 5).map((index) => truth[index] ?? Number.NaN);
    const [shipped = Number.NaN] = finalists;
    return {
      budget,
      best: scale * (shipped - optimum),
      top5: scale * (Math.min(...finalists) - optimum),
      oracle: scale * (Math.min(...truth.slice(0, budget)) - optimum),
    };
  });
}
