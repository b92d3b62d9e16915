import { expectedExcess, cumulative } from '../gp/normal-distribution.js';

/** One of the numbers that an evaluation gives, all of them minimised. */
export interface ObjectiveComponent {
  /** Its share in the loss; finite, 0 keeps it out of the sum (a gate alone). */
  readonly weight: number;
  /** A gate: what it should not exceed. */
  readonly limit?: number;
  /**
   * What one unit above the limit costs, at least 0.
   * @default 1 where there is a limit
   */
  readonly penalty?: number;
}

/** What is minimised: a weighted sum of components, and the price of gates that are missed. */
export type Objective = readonly ObjectiveComponent[];

/** What an evaluation gave, one number a component. */
export interface Evaluation {
  readonly values: readonly number[];
  /** Standard errors of the values, at least 0, e.g. √(p(1−p)/n) of an accuracy on n documents; null where unknown. */
  readonly errors: readonly number[] | null;
}

/**
 * Σ weight × value + Σ penalty × E[max(0, value + error × Z − limit)], Z ~ N(0, 1).
 *
 * With errors a gate is not a cliff: what lies close to its limit pays for the chance that it is beyond, so a lucky
 * measurement just inside is not the best there is.
 */
export function lossOf(objective: Objective, { values, errors }: Evaluation): number {
  return objective.reduce((loss, { weight, limit, penalty = 1 }, i) => {
    const value = values[i] ?? Number.NaN;
    const excess = limit === undefined ? 0 : expectedExcess(value - limit, errors?.[i] ?? 0);
    return loss + weight * value + (limit === undefined ? 0 : penalty * excess);
  }, 0);
}

/** ∂loss/∂value of every component. */
export function lossGradient(objective: Objective, { values, errors }: Evaluation): number[] {
  return objective.map(({ weight, limit, penalty = 1 }, i) => {
    if (limit === undefined) return weight;
    const over = (values[i] ?? Number.NaN) - limit;
    const error = errors?.[i] ?? 0;
    const share = error > 0 ? cumulative(over / error) : over > 0 ? 1 : 0;
    return weight + penalty * share;
  });
}
