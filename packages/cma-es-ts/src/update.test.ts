import { describe, expect, it } from 'vitest';
import tracesText from '../golden/traces.json?raw';
import vectorsText from '../golden/update-vectors.json?raw';
import { strategyConstants } from './constants.js';
import type { Distribution } from './distribution.js';
import { norm } from './matrix.js';
import { createCmaState } from './state.js';
import { updateDistribution } from './update.js';

interface Trace {
  dimension: number;
  mean: number[];
  sigma: number;
  told: { points: number[][]; values: number[] }[];
  snapshots: Distribution[];
}

function readTraces(text: string): Trace[] {
  return (JSON.parse(text) as { traces: Trace[] }).traces;
}

function start(trace: Pick<Trace, 'dimension' | 'mean' | 'sigma'>): Distribution {
  const { dimension, mean, sigma } = trace;
  return createCmaState({ dimension, mean, sigma, seed: 0 }).distribution;
}

/** Largest difference, relative to the largest element. */
function relativeError(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs)) || 1; // a path of zeros
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / scale;
}

/** Largest error over everything a distribution holds, at all stored generations. */
function worstError(trace: Trace): number {
  let distribution = start(trace);
  let worst = 0;
  for (const { points, values } of trace.told) {
    const ranked = points
      .map((x, i) => ({ x, value: values[i]!, isCurrent: true }))
      .sort((left, right) => left.value - right.value);
    const constants = strategyConstants(trace.dimension, points.length);
    distribution = updateDistribution(distribution, ranked, constants);
    const expected = trace.snapshots.find((s) => s.generation === distribution.generation);
    if (expected === undefined) continue;
    worst = Math.max(
      worst,
      relativeError(distribution.mean, expected.mean),
      relativeError([distribution.sigma], [expected.sigma]),
      relativeError(distribution.covariance, expected.covariance),
      relativeError(distribution.pathSigma, expected.pathSigma),
      relativeError(distribution.pathC, expected.pathC),
    );
  }
  expect(distribution.generation).toBe(trace.snapshots.at(-1)?.generation);
  return worst;
}

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
