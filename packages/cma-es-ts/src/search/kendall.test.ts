import { describe, expect, it } from 'vitest';
import { kendallTau } from './kendall.js';

describe('kendallTau', () => {
  it('is 1 for equal orders, -1 for opposite ones', () => {
    expect(kendallTau([[1, 10], [2, 20], [3, 25]])).toBe(1); // prettier-ignore
    expect(kendallTau([[1, 3], [2, 2], [3, 1]])).toBe(-1); // prettier-ignore
  });

  it('counts ties on one side as half-known (the value of scipy.stats.kendalltau)', () => {
    expect(kendallTau([[1, 1], [2, 1], [3, 2], [4, 3]])).toBeCloseTo(0.9128709291752769, 12); // prettier-ignore
  });

  it('is 0 where one side does not rank at all', () => {
    expect(kendallTau([[1, 5], [2, 5]])).toBe(0); // prettier-ignore
    expect(kendallTau([])).toBe(0);
  });
});
