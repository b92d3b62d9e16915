import { describe, expect, it } from 'vitest';
import { cumulative, density, expectedExcess, logExpectedExcess } from './normal-distribution.js';

describe('the normal distribution', () => {
  it('has the values of the tables', () => {
    expect(density(0)).toBeCloseTo(0.3989422804014327, 15);
    expect(cumulative(0)).toBeCloseTo(0.5, 7);
    expect(cumulative(1.959963984540054)).toBeCloseTo(0.975, 7);
    expect(cumulative(-5) / 2.866515718791939e-7).toBeCloseTo(1, 6);
    expect(cumulative(-8) / 6.220960574271785e-16).toBeCloseTo(1, 6);
  });
});

describe('expectedExcess', () => {
  it('is what is left above zero on average', () => {
    expect(expectedExcess(0, 2)).toBeCloseTo(2 * 0.3989422804014327, 7);
    expect(expectedExcess(30, 1)).toBeCloseTo(30, 7);
    expect(expectedExcess(-30, 1)).toBeCloseTo(0, 15);
  });

  it('is the excess itself without an error', () => {
    expect(expectedExcess(2, 0)).toBe(2);
    expect(expectedExcess(-2, 0)).toBe(0);
  });

  it('has a logarithm that is smooth and finite where it underflows', () => {
    for (const m of [-4, -1, 0, 3]) {
      expect(logExpectedExcess(m, 1)).toBeCloseTo(Math.log(expectedExcess(m, 1)), 5);
    }
    expect(logExpectedExcess(-5.0001, 1) - logExpectedExcess(-4.9999, 1)).toBeCloseTo(0, 0);
    expect(logExpectedExcess(-60, 1)).toBeGreaterThan(-2000);
    expect(logExpectedExcess(-60, 1)).toBeLessThan(logExpectedExcess(-50, 1));
  });
});
