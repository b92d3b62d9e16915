import { describe, expect, it } from 'vitest';
import { reachedBudgets, regretScale, regretsOfRecord } from './regret.js';

describe('regretsOfRecord', () => {
  const measured = Array.from({ length: 60 }, (_, index) => 60 - index);
  const truth = measured.map((value) => value + 1);

  it('ships the best measured trial of those that the budget has', () => {
    expect(regretsOfRecord({ measured, true: truth }, 0, 1)).toEqual([
      { budget: 50, best: 12, top5: 12, oracle: 12 },
    ]);
  });

  it('lets the five best measured be measured again, and knows what nobody measured well', () => {
    const noisy = [...truth];
    // Trials 50 to 46 are the finalists; trial 47 is truly the best of them, trial 1 of all.
    [noisy[46], noisy[0]] = [3, 1];
    const [regret] = regretsOfRecord({ measured, true: noisy }, 1, 100);
    expect(regret).toEqual({ budget: 50, best: 1100, top5: 200, oracle: 0 });
  });

  it('ships the earlier one of two that measure the same', () => {
    const level = measured.map(() => 1);
    const [regret] = regretsOfRecord({ measured: level, true: truth }, 0, 1);
    expect(regret?.best).toBe(61);
  });
});

describe('budgets', () => {
  it('are those that a run reaches', () => {
    expect(reachedBudgets(49)).toEqual([]);
    expect(reachedBudgets(200)).toEqual([50, 100, 200]);
  });

  it('are in points of accuracy for merges', () => {
    expect(['merge_K4_G1_N200', 'mergeng_K4_G1_N400', 'sphere_d8'].map(regretScale)).toEqual([
      100, 100, 1,
    ]);
  });
});
