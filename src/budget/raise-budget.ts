import type { SweepFile } from '../spec/schema.js';

type Budget = SweepFile['budget'];
export type CapKey = 'gpu_hours' | 'usd' | 'wall_clock_hours';

/** @param by > 0, of a cap that is there */
export function raiseBudget(budget: Budget, key: CapKey, by: number): Budget {
  // Without a tail of binary digits: people read it.
  return { ...budget, [key]: Number(((budget[key] ?? 0) + by).toPrecision(12)) };
}

/** Whether an edit of the sweep file may let a search go on that a cap had ended. */
export function isBudgetEdit({ path }: { readonly path: string }): boolean {
  return path === 'budget' || path.startsWith('budget.');
}
