import { expect } from 'vitest';
import { strategyConstants, type UpdateKind } from '../constants.js';
import type { Distribution } from '../distribution.js';
import { createCmaState } from '../state.js';
import { updateDistribution } from '../update.js';

/** What golden/make_golden.py writes of a run of a reference. */
export interface Trace {
  readonly dimension: number;
  readonly mean: number[];
  readonly sigma: number;
  readonly told: readonly { readonly points: number[][]; readonly values: number[] }[];
  readonly snapshots: readonly Snapshot[];
}

export type Snapshot = Pick<
  Distribution,
  'generation' | 'mean' | 'sigma' | 'covariance' | 'pathSigma' | 'pathC'
>;

/** Largest difference, relative to the largest element. */
export function relativeError(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs)) || 1; // a path of zeros
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale;
}

/** Largest error over everything that a snapshot holds. */
export function snapshotError(actual: Distribution, expected: Snapshot): number {
  return Math.max(
    relativeError(actual.mean, expected.mean),
    relativeError([actual.sigma], [expected.sigma]),
    relativeError(actual.covariance, expected.covariance),
    relativeError(actual.pathSigma, expected.pathSigma),
    relativeError(actual.pathC, expected.pathC),
  );
}

/** Largest error at all stored generations of a trace. */
export function worstError(
  trace: Trace,
  kind: UpdateKind & { readonly learningRateAdaptation?: boolean } = {},
): number {
  const { dimension, mean, sigma } = trace;
  let { distribution } = createCmaState({
    dimension,
    mean,
    sigma,
    seed: 0,
    covariance: kind.separable === true ? 'separable' : 'full',
    learningRateAdaptation: kind.learningRateAdaptation ?? false,
  });
  let worst = 0;
  for (const { points, values } of trace.told) {
    const ranked = points
      .map((x, i) => ({ x, value: values[i] ?? NaN, isCurrent: true }))
      .sort((left, right) => left.value - right.value);
    const constants = strategyConstants(dimension, points.length, kind);
    distribution = updateDistribution(distribution, ranked, constants);
    const expected = trace.snapshots.find((s) => s.generation === distribution.generation);
    if (expected !== undefined) worst = Math.max(worst, snapshotError(distribution, expected));
  }
  expect(distribution.generation).toBe(trace.snapshots.at(-1)?.generation);
  return worst;
}
