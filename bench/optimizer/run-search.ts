/** Drives one search on one function. */
import { type BenchFunction, type MergeFunction } from './functions.js';
import type { MakeSearch, TrialOutcome } from './optimizer-under-test.js';
import { reachedBudgets, type Regret, regretScale } from './regret.js';

export interface SearchRun {
  readonly f: BenchFunction;
  readonly make: MakeSearch;
  readonly seed: number;
  /** Trials that are asked before the first of them is told; then all are told, in the order in which they were asked. */
  readonly batch: number;
  /** In trials. */
  readonly budget: number;
  /** The function's least true value. */
  readonly optimum: number;
}

/** @throws when the search gives a point outside the box, or no finalist */
export function runSearch({ f, make, seed, batch, budget, optimum }: SearchRun): Regret[] {
  const search = make(f, seed, budget);
  const scale = regretScale(f.spec);
  const wanted = new Set(reachedBudgets(budget));
  const regrets: Regret[] = [];
  let least = Infinity;
  let told = 0;
  while (told < budget) {
    const asked = Array.from({ length: Math.min(batch, budget - told) }, () => search.ask());
    for (const { id, x } of asked) {
      checkPoint(f, x);
      search.tell(id, measure(f, x));
      least = Math.min(least, f.true(x));
      told += 1;
      if (!wanted.has(told)) continue;
      const finalists = search.finalists(5).map((point) => f.true(point));
      const [shipped] = finalists;
      if (shipped === undefined) throw new Error(`${f.spec}: no finalist after ${told} trials`);
      regrets.push({
        budget: told,
        best: scale * (shipped - optimum),
        top5: scale * (Math.min(...finalists) - optimum),
        oracle: scale * (least - optimum),
      });
    }
  }
  return regrets;
}

/** A merge's accuracies are told too. */
export function measure(f: BenchFunction, x: readonly number[]): TrialOutcome {
  if (!isMerge(f)) return { value: f.measured(x) };
  const accuracies = f.measuredAccuracies(x);
  return { value: f.lossOf(accuracies), accuracies };
}

function isMerge(f: BenchFunction): f is MergeFunction {
  return 'measuredAccuracies' in f;
}

function checkPoint(f: BenchFunction, x: readonly number[]): void {
  const isInBox = x.length === f.dimension && x.every((value) => value >= 0 && value <= 1);
  if (!isInBox) {
    throw new Error(
      `${f.spec}: expected ${f.dimension} numbers in [0, 1], the search gave [${x.join(', ')}]`,
    );
  }
}
