// Equation numbers: arXiv:1604.00772v1 (Hansen, "The CMA Evolution Strategy: A Tutorial"), the version cmaes 0.13.1
// follows; later versions and pycma add 1/4 to the numerator of cMu.

/** Everything that follows from the dimension n and the population size λ alone. */
export interface StrategyConstants {
  readonly dimension: number;
  /** λ */
  readonly populationSize: number;
  /** μ, the number of members whose weighted mean is the next mean. */
  readonly parents: number;
  /** w_1 … w_λ, best first; the first μ sum to 1, the last are negative. */
  readonly weights: readonly number[];
  readonly muEff: number;
  readonly c1: number;
  readonly cMu: number;
  readonly cc: number;
  readonly cSigma: number;
  readonly dSigma: number;
  /** E‖N(0, I)‖ */
  readonly chiN: number;
}

/** λ when none is asked for: 4 + ⌊3 ln n⌋. */
export function defaultPopulationSize(dimension: number): number {
  return 4 + Math.floor(3 * Math.log(dimension)); // eq. (48)
}

/**
 * The default strategy parameters.
 * Math.log may differ in the last bit between engines; one engine always repeats itself.
 *
 * @param dimension n, an integer of at least 1
 * @param populationSize λ, an integer of at least 2
 */
export function strategyConstants(dimension: number, populationSize: number): StrategyConstants {
  const n = dimension;
  const parents = Math.floor(populationSize / 2);
  const raw = Array.from(
    { length: populationSize },
    (_, i) => Math.log((populationSize + 1) / 2) - Math.log(i + 1), // eq. (49)
  );
  const muEff = effectiveSize(raw.slice(0, parents));
  const muEffMinus = effectiveSize(raw.slice(parents));

  const c1 = 2 / ((n + 1.3) ** 2 + muEff); // eq. (57)
  const cMu = Math.min(1 - c1 - 1e-8, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff)); // eq. (58)

  const negativeSum = Math.min(
    1 + c1 / cMu, // eq. (50)
    1 + (2 * muEffMinus) / (muEff + 2), // eq. (51)
    (1 - c1 - cMu) / (n * cMu), // eq. (52)
  );
  const positives = sum(raw.filter((weight) => weight > 0));
  const negatives = -sum(raw.filter((weight) => weight < 0));
  const weights = raw.map((weight) =>
    weight >= 0 ? weight / positives : (negativeSum / negatives) * weight,
  ); // eq. (53)

  const cSigma = (muEff + 2) / (n + muEff + 5); // eq. (55)
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma; // eq. (55)
  const cc = (4 + muEff / n) / (n + 4 + (2 * muEff) / n); // eq. (56)
  const chiN = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)); // p. 28
  return { dimension, populationSize, parents, weights, muEff, c1, cMu, cc, cSigma, dSigma, chiN };
}

/** (Σw)² / Σw² */
function effectiveSize(weights: readonly number[]): number {
  return sum(weights) ** 2 / sum(weights.map((weight) => weight * weight));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
