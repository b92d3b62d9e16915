import { describe, expect, it } from 'vitest';
import { principalAxes, transformNormal, variances, whiten } from './distribution.js';
import { diagnostics } from './diagnostics.js';
import { norm, packUpper, unpackUpper } from './matrix.js';
import { limitSpread } from './spread.js';
import { createCmaState } from './state.js';

const { distribution } = createCmaState({ dimension: 2, seed: 1 });
const stretched = { ...distribution, covariance: [4, 1.5, 1] };

describe('a distribution', () => {
  it('is white after whitening', () => {
    const axes = principalAxes(stretched.covariance, 2);
    for (const z of [
      [1, 0],
      [0, 1],
      [0.3, -2],
    ]) {
      const y = transformNormal(stretched, z).map(
        (x, j) => (x - stretched.mean[j]!) / stretched.sigma,
      );
      expect(norm(whiten(axes, y))).toBeCloseTo(norm(z), 13);
    }
  });

  it('has a singular covariance raised to a condition of 1e15', () => {
    const { covariance, lengths } = principalAxes([1, 1, 1], 2);
    expect((lengths[1]! / lengths[0]!) ** 2 / 1e15).toBeCloseTo(1, 10);
    expect(covariance).not.toEqual([1, 1, 1]);
    covariance.forEach((value) => {
      expect(value).toBeCloseTo(1, 13);
    });
  });

  it('is kept as it is within the limits of its spread', () => {
    expect(limitSpread(distribution, 0.25)).toBe(distribution);
  });

  it('is narrowed where it is too wide, with its correlations kept', () => {
    const { sigma, covariance } = limitSpread(stretched, 0.25);
    expect(sigma).toBe(0.25);
    expect(sigma * Math.sqrt(covariance[0]!)).toBeCloseTo(1 / 3, 14);
    expect(covariance[2]).toBe(1);
    expect(covariance[1]! / Math.sqrt(covariance[0]!)).toBeCloseTo(1.5 / 2, 14);
  });

  it('is kept from vanishing', () => {
    const limited = limitSpread({ ...stretched, sigma: 1e-40 }, 0.25);
    expect(limited.sigma).toBe(1e-16);
    expect(limited.covariance[0]).toBeCloseTo(1, 14);
    expect(limited.covariance[1]).toBeCloseTo(1.5 / 4, 14);
  });
});

describe('diagnostics', () => {
  it('tells the spread, the shape and the counts', () => {
    const state = createCmaState({ dimension: 2, seed: 1 });
    const shaped = { ...state, distribution: { ...distribution, covariance: [9, 0, 1] } };
    expect(diagnostics(shaped)).toEqual({
      generation: 0,
      mean: [0.5, 0.5],
      sigma: 0.25,
      axisRatio: 3,
      deviations: [0.75, 0.25],
      populationSize: 6,
      open: 0,
      buffered: 0,
      counters: state.counters,
      restarts: 0,
      restartReason: null,
      learningRates: { mean: 1, covariance: 1 },
    });
  });
});

describe('a packed matrix', () => {
  it('is unpacked and packed without loss', () => {
    const packed = [1, 2, 3, 4, 5, 6];
    const matrix = unpackUpper(packed, 3);
    expect([...matrix.data]).toEqual([1, 2, 3, 2, 4, 5, 3, 5, 6]);
    expect(packUpper(matrix)).toEqual(packed);
    expect(variances({ ...distribution, mean: [0, 0, 0], covariance: packed })).toEqual([1, 4, 6]);
    expect(() => matrix.get(3, 0)).toThrow('index 9 of 9 elements');
  });
});
