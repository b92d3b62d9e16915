import { describe, expect, it } from 'vitest';
import { comparePaired, exactMcNemar } from './paired.js';
import { criticalT, twoSidedTailOfT } from './student-t.js';

// Expected figures: SciPy 1.x (`binomtest`, `ttest_rel`, `t.sf`, `t.ppf`), as named per test.

const binary = (ones: number, zeros: number): number[] => [
  ...Array.from({ length: ones }, () => 1),
  ...Array.from({ length: zeros }, () => 0),
];

describe('exactMcNemar', () => {
  it.each([
    [3, 12, 0.03515625],
    [120, 160, 0.019606727290281328],
    [0, 1, 1],
    [0, 0, 1],
    [5, 5, 1],
  ])('agrees with binomtest(%i of %i + %i)', (onlyFirst, onlySecond, expected) => {
    expect(exactMcNemar(onlyFirst, onlySecond)).toBeCloseTo(expected, 12);
    expect(exactMcNemar(onlySecond, onlyFirst)).toBeCloseTo(expected, 12);
  });

  it('does not underflow with thousands of differing documents', () => {
    expect(exactMcNemar(3000, 3000)).toBe(1);
    expect(exactMcNemar(0, 5000)).toBe(0);
  });
});

describe("Student's t", () => {
  it.each([
    [2.5, 1, 0.24223788318168682],
    [1.96, 500, 0.05055078981976597],
    [0.1, 3, 0.9266523488008059],
    [0, 7, 1],
    [Infinity, 7, 0],
  ])('has the tail 2·sf(%f, %i)', (t, freedom, expected) => {
    expect(twoSidedTailOfT(t, freedom)).toBeCloseTo(expected, 12);
    expect(twoSidedTailOfT(-t, freedom)).toBeCloseTo(expected, 12);
  });

  it.each([
    [5, 2.5705818356363146],
    [399, 1.965927295920882],
  ])('has the 95 %% quantile at %i degrees of freedom', (freedom, expected) => {
    expect(criticalT(0.05, freedom)).toBeCloseTo(expected, 9);
  });
});

describe('comparePaired', () => {
  it('agrees with ttest_rel on values that are not 0/1', () => {
    const result = comparePaired([5.1, 4.9, 6.2, 5.7, 5.5, 6.0], [5.6, 5.0, 6.1, 6.4, 5.9, 6.6]);
    expect(result.method).toBe('paired t-test');
    expect(result.pValue).toBeCloseTo(0.03304839648363141, 12);
    expect(result.interval?.[0]).toBeCloseTo(0.0437768474359026, 9);
    expect(result.interval?.[1]).toBeCloseTo(0.6895564858974305, 9);
    expect(result.verdict).toBe('better');
  });

  it('takes the exact McNemar test for 0/1 values', () => {
    // 3 documents only the first gets right, 12 only the second, 5 both.
    const first = [...binary(3, 12), ...binary(5, 0)];
    const second = [...binary(0, 3), ...binary(12, 0), ...binary(5, 0)];
    const result = comparePaired(first, second);
    expect(result).toMatchObject({
      method: 'exact McNemar test',
      documents: 20,
      verdict: 'better',
    });
    expect(result.pValue).toBeCloseTo(0.03515625, 12);
    expect(result.difference).toBeCloseTo(9 / 20, 12);
  });

  it('gives a smaller error than unpaired scores where the models agree on most documents', () => {
    const first = binary(50, 50);
    const second = binary(55, 45);
    const unpaired = Math.hypot(0.0503, 0.0503);
    expect(comparePaired(first, second).stderr).toBeLessThan(unpaired / 2);
  });

  it('shows no difference where there is none', () => {
    const values = binary(30, 70);
    expect(comparePaired(values, values)).toMatchObject({
      ...{ difference: 0, stderr: 0, pValue: 1, verdict: 'no difference shown' },
    });
    expect(comparePaired([0.5, 1.5], [0.5, 1.5]).pValue).toBe(1);
  });

  it('turns the verdict where lower is better', () => {
    const low = Array.from({ length: 30 }, (_, index) => 10 + (index % 5));
    const high = low.map((value, index) => value + 1 + (index % 3) / 10);
    expect(comparePaired(low, high, false).verdict).toBe('worse');
    expect(comparePaired(high, low, false).verdict).toBe('better');
  });

  it('claims nothing from one document', () => {
    const result = comparePaired([0], [1]);
    expect(result.verdict).toBe('no difference shown');
    expect(result.stderr).toBeUndefined();
    expect(comparePaired([0.2], [0.9]).pValue).toBe(1);
  });

  it('refuses values of different documents', () => {
    expect(() => comparePaired([1, 0], [1])).toThrow(/same documents, got 2 and 1/);
    expect(() => comparePaired([], [])).toThrow(RangeError);
  });
});
