import type { ResolvedOptions } from '../options.js';
import { streams, uniform } from '../random.js';

/** What the restarts so far made of the options; plain JSON. */
export interface Regime {
  /** `first` is as the options say, `large` has a doubled population, `small` is one of BIPOP's short searches. */
  readonly kind: 'first' | 'large' | 'small';
  /** How many restarts there were. */
  readonly restarts: number;
  /** How many of them doubled the population. */
  readonly doublings: number;
  /** λ */
  readonly populationSize: number;
  /** The first σ. */
  readonly sigma: number;
  /** How many counted results end a small search; null is no limit. */
  readonly budget: number | null;
  /** Counted results of the searches that have ended, by their kind; the first is neither. */
  readonly spent: { readonly large: number; readonly small: number };
  /** Why the latest restart happened, as `stopReasons` says it; null before the first. */
  readonly reason: Readonly<Record<string, number>> | null;
}

/** Beyond this the population is not doubled any more: no budget is that large, and λ stays a safe number. */
const MOST_DOUBLINGS = 20;

export function firstRegime({ populationSize, sigma }: ResolvedOptions): Regime {
  return {
    kind: 'first',
    restarts: 0,
    doublings: 0,
    populationSize,
    sigma,
    budget: null,
    spent: { large: 0, small: 0 },
    reason: null,
  };
}

/**
 * The regime that follows one that has stopped.
 *
 * IPOP (Auger and Hansen, "A restart CMA evolution strategy with increasing population size", CEC 2005) doubles λ every
 * time. BIPOP (Hansen, "Benchmarking a BI-population CMA-ES on the BBOB-2009 function testbed", GECCO 2009, section 2)
 * takes turns: the first restart is a large one, each later one is of the kind that has spent less so far. A small search has
 * λ_s = ⌊λ (λ_large / 2 λ)^(U²)⌋ and σ_s = σ 10^(−2U) with U uniform in [0, 1], and half of what the latest large search took.
 *
 * @param counted how many results the ended search counted
 * @param reason why it ended
 */
export function nextRegime(
  options: ResolvedOptions,
  ended: Regime,
  counted: number,
  reason: Readonly<Record<string, number>>,
): Regime {
  const restarts = ended.restarts + 1;
  const spent = {
    large: ended.spent.large + (ended.kind === 'large' ? counted : 0),
    small: ended.spent.small + (ended.kind === 'small' ? counted : 0),
  };
  const isSmall = options.restarts === 'bipop' && ended.doublings > 0 && spent.small < spent.large;
  if (!isSmall) {
    const doublings = Math.min(MOST_DOUBLINGS, ended.doublings + 1);
    return {
      kind: 'large',
      restarts,
      doublings,
      populationSize: largePopulation(options, doublings),
      sigma: options.sigma,
      budget: null,
      spent,
      reason,
    };
  }
  const luck = (index: number): number =>
    uniform(options.seed, restarts, index, 0, streams.restartRegime);
  const ratio = largePopulation(options, ended.doublings) / (2 * options.populationSize);
  const exponent = luck(0) * luck(0);
  // Math.exp and Math.log may differ in the last bit between engines; one engine always repeats itself.
  const size = Math.floor(options.populationSize * Math.exp(exponent * Math.log(ratio)));
  return {
    kind: 'small',
    restarts,
    doublings: ended.doublings,
    populationSize: Math.max(2, size),
    sigma: options.sigma * Math.exp(-2 * Math.LN10 * luck(1)),
    budget: ended.kind === 'large' ? Math.max(1, Math.floor(counted / 2)) : ended.budget,
    spent,
    reason,
  };
}

/** Uniform in the box. */
export function restartMean({ seed, dimension }: ResolvedOptions, restarts: number): number[] {
  return Array.from({ length: dimension }, (_, j) =>
    uniform(seed, restarts, j, 0, streams.restartMean),
  );
}

function largePopulation({ populationSize }: ResolvedOptions, doublings: number): number {
  return populationSize * 2 ** doublings;
}
