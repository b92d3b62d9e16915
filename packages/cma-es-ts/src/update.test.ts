import { describe, expect, it } from 'vitest';
import tracesText from '../golden/traces.json?raw';
import vectorsText from '../golden/update-vectors.json?raw';
import variantsText from '../golden/variants.json?raw';
import { type StrategyConstants, strategyConstants } from './constants.js';
import type { Distribution } from './distribution.js';
import { norm } from './matrix.js';
import { createCmaState } from './state.js';
import { relativeError, type Trace, worstError } from './testing/traces.js';
import { updateDistribution } from './update.js';

function readTraces(text: string): Trace[] {
  return (JSON.parse(text) as { traces: Trace[] }).traces;
}

function start(trace: Pick<Trace, 'dimension' | 'mean' | 'sigma'>): Distribution {
  const { dimension, mean, sigma } = trace;
  return createCmaState({ dimension, mean, sigma, seed: 0 }).distribution;
}

const variants = JSON.parse(variantsText) as {
  separableConstants: StrategyConstants[];
  separable: Trace[];
  learningRates: Trace[];
};

describe('updateDistribution', () => {
  it('equals cmaes to 1e-10 on points that have nothing to do with the distribution', () => {
    for (const trace of readTraces(vectorsText)) {
      expect(worstError(trace)).toBeLessThan(1e-10);
    }
  });

  it.each(readTraces(tracesText).map((trace) => [trace.dimension, trace] as const))(
    'equals cmaes to 1e-10 over 100 generations at n = %i',
    (_dimension, trace) => {
      expect(trace.told).toHaveLength(100);
      expect(worstError(trace)).toBeLessThan(1e-10);
    },
  );

  it('equals SepCMA of cmaes to 1e-10 where C is diagonal', () => {
    for (const trace of variants.separable) {
      expect(worstError(trace, { separable: true })).toBeLessThan(1e-10);
    }
    for (const { weights, ...expected } of variants.separableConstants) {
      const { dimension, populationSize } = expected;
      const actual = strategyConstants(dimension, populationSize, { separable: true });
      for (const [key, value] of Object.entries(expected)) {
        expect(actual[key as keyof typeof expected] / value - 1).toBeCloseTo(0, 12);
      }
      expect(relativeError(actual.weights.slice(0, weights.length), weights)).toBeLessThan(1e-12);
    }
  });

  it('equals cmaes with lr_adapt to 1e-10 where learning rates adapt', () => {
    for (const trace of variants.learningRates) {
      expect(worstError(trace, { learningRateAdaptation: true })).toBeLessThan(1e-10);
    }
  });

  it('has no negative weights where it is not active', () => {
    const constants = strategyConstants(6, 9, { active: false });
    const active = strategyConstants(6, 9);
    expect(constants.weights.slice(4)).toEqual([0, 0, 0, 0, 0]);
    expect(constants.weights.slice(0, 4)).toEqual(active.weights.slice(0, 4));
    expect(constants.cMu).toBe(active.cMu);
  });

  describe('with members that are not current', () => {
    const dimension = 4;
    const constants = strategyConstants(dimension, 8);
    const origin = start({ dimension, mean: [0.5, 0.5, 0.5, 0.5], sigma: 0.01 });
    const near = Array.from({ length: 8 }, (_, i) => ({
      x: [0.5, 0.51, 0.49, 0.5].map((value, j) => value + 0.001 * ((i + j) % 3)),
      isCurrent: true,
    }));
    const far = { x: [1, 1, 1, 1], isCurrent: false };

    it('clips their Mahalanobis length to √n + 2n/(n+2)', () => {
      const ranked = [far, ...near.slice(1)];
      const longest = Math.sqrt(dimension) + (2 * dimension) / (dimension + 2);
      const pulled = origin.mean.map((m) => m + (origin.sigma * longest) / 2);
      const expected = updateDistribution(
        origin,
        [{ x: pulled, isCurrent: true }, ...near.slice(1)],
        constants,
      );
      const actual = updateDistribution(origin, ranked, constants);
      expect(relativeError(actual.mean, expected.mean)).toBeLessThan(1e-14);
      expect(relativeError(actual.covariance, expected.covariance)).toBeLessThan(1e-13);
      const unclipped = updateDistribution(
        origin,
        [{ ...far, isCurrent: true }, ...near.slice(1)],
        constants,
      );
      expect(norm(unclipped.mean.map((m, j) => m - actual.mean[j]!))).toBeGreaterThan(0.1);
    });

    it('clips from exactly that length on', () => {
      const longest = Math.sqrt(dimension) + (2 * dimension) / (dimension + 2);
      const meanWithLength = (length: number, isCurrent: boolean) => {
        const x = origin.mean.map((m) => m + (origin.sigma * length) / 2);
        return updateDistribution(origin, [{ x, isCurrent }, ...near.slice(1)], constants).mean;
      };
      expect(meanWithLength(0.99 * longest, false)).toEqual(meanWithLength(0.99 * longest, true));
      expect(meanWithLength(1.01 * longest, false)).not.toEqual(
        meanWithLength(1.01 * longest, true),
      );
    });

    it('gives them no negative weight, and lets C forget accordingly less', () => {
      const weightsOfLast = [true, false].map((isCurrent) =>
        updateDistribution(origin, [...near.slice(0, 7), { ...near[7]!, isCurrent }], constants),
      );
      const [active, passive] = weightsOfLast as [Distribution, Distribution];
      expect(passive.mean).toEqual(active.mean);
      expect(passive.sigma).toBe(active.sigma);
      const y = near[7]!.x.map((value) => (value - 0.5) / origin.sigma);
      const weight = constants.weights[7]!;
      const lengthSquared = y.reduce((sum, value) => sum + value * value, 0);
      let k = 0;
      for (let i = 0; i < dimension; i++) {
        for (let j = i; j < dimension; j++, k++) {
          const outer = ((dimension * weight) / (lengthSquared + 1e-8)) * y[i]! * y[j]!;
          const identity = i === j ? 1 : 0;
          const difference = constants.cMu * (outer - weight * identity);
          expect(active.covariance[k]! - passive.covariance[k]!).toBeCloseTo(difference, 14);
        }
      }
    });
  });
});
