// Equation numbers: arXiv:1604.00772v1 (Hansen, "The CMA Evolution Strategy: A Tutorial"), the version cmaes 0.13.1
// follows; later versions and pycma add 1/4 to the numerator of cMu.

/** Everything that follows from the dimension n, the population size λ and the kind of update alone. */
export interface StrategyConstants {
  readonly dimension: number;
  /** λ */
  readonly populationSize: number;
  /** μ, the number of members whose weighted mean is the next mean. */
  readonly parents: number;
  /** w_1 … w_λ, best first; the first μ sum to 1, the last are negative or, without active updates, 0. */
  readonly weights: readonly number[];
  readonly muEff: number;
  readonly c1: number;
  readonly cMu: number;
  readonly cc: number;
  readonly cSigma: number;
  readonly dSigma: number;
  /** E‖N(0, I)‖ */
  readonly chiN: number;
  /** C is decomposed at every so many updates. */
  readonly decompositionGap: number;
}

/** What the constants depend on beside n and λ. */
export interface UpdateKind {
  /** C is diagonal. @default false */
  readonly separable?: boolean;
  /** The worst members get negative weights. Of no effect on a separable update, which has none. @default true */
  readonly active?: boolean;
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
export function strategyConstants(
  dimension: number,
  populationSize: number,
  { separable = false, active = true }: UpdateKind = {},
): StrategyConstants {
  return separable
    ? separableConstants(dimension, populationSize)
    : fullConstants(dimension, populationSize, active);
}

function fullConstants(n: number, populationSize: number, active: boolean): StrategyConstants {
  const parents = Math.floor(populationSize / 2);
  const raw = Array.from(
    { length: populationSize },
    (_, i) => Math.log((populationSize + 1) / 2) - Math.log(i + 1), // eq. (49)
  );
  const muEff = effectiveSize(raw.slice(0, parents));
  const muEffMinus = effectiveSize(raw.slice(parents));

  const c1 = 2 / ((n + 1.3) ** 2 + muEff); // eq. (57)
  const cMu = Math.min(1 - c1 - 1e-8, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff)); // eq. (58)

  const negativeSum = active
    ? Math.min(
        1 + c1 / cMu, // eq. (50)
        1 + (2 * muEffMinus) / (muEff + 2), // eq. (51)
        (1 - c1 - cMu) / (n * cMu), // eq. (52)
      )
    : 0;
  const positives = sum(raw.filter((weight) => weight > 0));
  const negatives = -sum(raw.filter((weight) => weight < 0));
  const weights = raw.map((weight) =>
    weight >= 0 ? weight / positives : (negativeSum / negatives) * weight + 0,
  ); // eq. (53)

  const cSigma = (muEff + 2) / (n + muEff + 5); // eq. (55)
  const cc = (4 + muEff / n) / (n + 4 + (2 * muEff) / n); // eq. (56)
  return {
    dimension: n,
    populationSize,
    parents,
    weights,
    muEff,
    c1,
    cMu,
    cc,
    cSigma,
    dSigma: damping(n, muEff, cSigma),
    chiN: expectedLength(n),
    decompositionGap: decompositionGap(n, c1 + cMu),
  };
}

/**
 * The constants of cmaes 0.13.1's SepCMA: Ros and Hansen, "A simple modification in CMA-ES achieving linear time and
 * space complexity" (PPSN X, 2008), whose learning rate is (n + 2)/3 times that of the full matrix.
 */
function separableConstants(n: number, populationSize: number): StrategyConstants {
  const parents = Math.floor(populationSize / 2);
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 1) - Math.log(i + 1));
  const total = sum(raw);
  const positive = raw.map((weight) => weight / total);
  const muEff = 1 / sum(positive.map((weight) => weight * weight));
  const c1 = 2 / ((n + 1.3) ** 2 + muEff);
  const rootTwo = Math.sqrt(2);
  const full =
    2 / muEff / ((n + rootTwo) * (n + rootTwo)) +
    (1 - 1 / muEff) * Math.min(1, (2 * muEff - 1) / ((n + 2) ** 2 + muEff));
  // Deviation: cmaes has no cap, and C would turn negative in large populations.
  const cMu = Math.min(1 - c1 - 1e-8, ((n + 2) / 3) * full);
  const cSigma = (muEff + 2) / (n + muEff + 3);
  return {
    dimension: n,
    populationSize,
    parents,
    weights: [...positive, ...new Array<number>(populationSize - parents).fill(0)],
    muEff,
    c1,
    cMu,
    cc: 4 / (n + 4),
    cSigma,
    dSigma: damping(n, muEff, cSigma),
    chiN: expectedLength(n),
    decompositionGap: 1,
  };
}

/** eq. (55) */
function damping(n: number, muEff: number, cSigma: number): number {
  return 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma;
}

/** E‖N(0, I)‖, p. 28 */
function expectedLength(n: number): number {
  return Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

/** Up to here C is decomposed at every update: it costs little, and the update is the reference's to the last digits. */
const ALWAYS_DECOMPOSED = 20;

/**
 * How many updates share one decomposition of C: ⌊2 / (n (c_1 + c_μ))⌋, 6 at n = 40 and 12 at n = 100.
 * Deviation: the tutorial (B.2) and pycma wait a twentieth of that. On the rotated ellipsoid, discus and cigar at n = 40
 * searches (three seeds each) took +1 %, −2 % and +1 % of the evaluations that they take with a decomposition at every
 * update, and +2 % on the cigar at n = 100 (one seed).
 */
function decompositionGap(n: number, learningRate: number): number {
  return n <= ALWAYS_DECOMPOSED ? 1 : Math.max(1, Math.floor(2 / (n * learningRate)));
}

/** (Σw)² / Σw² */
function effectiveSize(weights: readonly number[]): number {
  return sum(weights) ** 2 / sum(weights.map((weight) => weight * weight));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
