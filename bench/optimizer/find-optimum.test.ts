import { describe, expect, it } from 'vitest';
import { descendInBox } from './descend-in-box.js';
import { findOptimum } from './find-optimum.js';
import { makeMerge } from './functions.js';
import { readOptima } from './optima.js';

describe('descendInBox', () => {
  it('finds the minimum inside, and on the edge where it is outside', () => {
    const away = (x: readonly number[]): number =>
      x.reduce((sum, xi, i) => sum + (i + 1) * (xi - [0.3, 1.4, -0.2][i]!) ** 2, 0);
    const { x, value } = descendInBox(away, [0.9, 0.1, 0.6]);
    expect(x[0]).toBeCloseTo(0.3, 5);
    expect(x.slice(1)).toEqual([1, 0]);
    expect(value).toBeCloseTo(2 * 0.16 + 3 * 0.04, 9);
  });
});

describe('findOptimum', () => {
  it('finds what is in the golden file, to a hundredth of a point', () => {
    const golden = readOptima().of({ spec: 'merge_K4_G1_N200', instance: 21 });
    expect(Math.abs(findOptimum('merge_K4_G1_N200', 21) - golden)).toBeLessThan(1e-4);
  });

  it('is below every known merge', () => {
    for (const spec of ['merge_K4_G2_N1000', 'mergeng_K4_G4_N400']) {
      const f = makeMerge(spec, 7);
      const golden = readOptima().of({ spec, instance: 7 });
      for (const x of f.knownMerges()) expect(f.true(x)).toBeGreaterThan(golden);
    }
  });
});
