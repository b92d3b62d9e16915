import type { SweepSpec } from '../spec/sweep-spec.js';
import { isRange } from '../merge/methods.js';
import { methodOf, resolveParameters } from './parameters.js';

/** One searched number. Its name is `weight.spec-rev` (per parent) or `lambda` (per merge). */
export interface Dimension {
  readonly name: string;
  readonly parameter: string;
  readonly parent?: string;
  readonly min: number;
  readonly max: number;
}

/** Values by dimension name. */
export type Params = Readonly<Record<string, number>>;

/** A proposed point: `vector` in the optimizer's unit box, `params` in the user's units. */
export interface Candidate {
  readonly vector: readonly number[];
  readonly params: Params;
}

export interface SearchSpace {
  readonly dimensions: readonly Dimension[];
  /** Where a search starts, a point of the unit box. */
  readonly start: readonly number[];
  toCandidate(vector: readonly number[]): Candidate;
  /** The unit-box point of `params`, or undefined where it lies outside the box or lacks a dimension. */
  toVector(params: Params): number[] | undefined;
}

/** Rounding that `toVector` forgives at a bound, in units of the box. */
const boundTolerance = 1e-12;

/**
 * The box that a sweep searches. Dimensions stand in canonical order: per parameter as in the table
 * of methods, per parent as in the file; parameters of the whole merge last. A parameter fixed to a
 * number is no dimension.
 */
export function createSearchSpace(spec: SweepSpec): SearchSpace {
  const dimensions = resolveParameters(spec).flatMap(({ setting, ...name }): Dimension[] =>
    isRange(setting) ? [{ ...name, min: setting.min, max: setting.max }] : [],
  );
  const traits = methodOf(spec).parameters;
  return {
    dimensions,
    start: dimensions.map(({ parameter, min, max }) => {
      const start = traits[parameter]?.start?.(spec.parents.length) ?? (min + max) / 2;
      return Math.min(1, Math.max(0, (start - min) / (max - min)));
    }),
    toCandidate: (vector) => toCandidate(dimensions, vector),
    toVector: (params) => toVector(dimensions, params),
  };
}

function toCandidate(dimensions: readonly Dimension[], vector: readonly number[]): Candidate {
  if (vector.length !== dimensions.length) {
    throw new RangeError(
      `a point of this search space has ${dimensions.length} coordinates, got ${vector.length}`,
    );
  }
  const params: Record<string, number> = {};
  dimensions.forEach((dimension, index) => {
    params[dimension.name] = scaleUp(dimension, vector[index] ?? Number.NaN);
  });
  return { vector: [...vector], params };
}

/** Exact at both bounds, and never outside them: min + 1·(max − min) can miss max by a bit. */
function scaleUp({ name, min, max }: Dimension, unit: number): number {
  if (!(unit >= 0 && unit <= 1)) {
    throw new RangeError(`coordinate ${name} must lie in the unit box, got ${unit}`);
  }
  if (unit === 1) return max;
  return Math.min(max, Math.max(min, min + unit * (max - min)));
}

function toVector(dimensions: readonly Dimension[], params: Params): number[] | undefined {
  const vector: number[] = [];
  for (const { name, min, max } of dimensions) {
    const value = params[name];
    if (value === undefined) return undefined;
    const unit = (value - min) / (max - min);
    if (!(unit >= -boundTolerance && unit <= 1 + boundTolerance)) return undefined;
    vector.push(Math.min(1, Math.max(0, unit)));
  }
  return vector;
}
