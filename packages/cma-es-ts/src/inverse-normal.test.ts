import { describe, expect, it } from 'vitest';
import goldenText from '../golden/inverse-normal.json?raw';
import { inverseNormal } from './inverse-normal.js';

const { quantiles } = JSON.parse(goldenText) as { quantiles: { p: number; x: number }[] };

describe('inverseNormal', () => {
  it.each(quantiles)('is within 1e-15 of $x at p = $p', ({ p, x }) => {
    expect(Math.abs(inverseNormal(p) - x) / Math.abs(x)).toBeLessThan(1e-15);
  });

  it('is zero in the middle and antisymmetric', () => {
    expect(inverseNormal(0.5)).toBe(0);
    for (const p of [0.25, 0.125, 2 ** -20]) expect(inverseNormal(1 - p)).toBe(-inverseNormal(p));
  });
});
