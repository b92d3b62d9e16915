/** The best true value of a simulated merge: what regret is measured from. */
import { descendInBox, type Descent } from './descend-in-box.js';
import { type BenchFunction, makeMerge, type MergeFunction } from './functions.js';
import { Mulberry32 } from './mulberry32.js';

/** Beside the known merges. */
const RANDOM_STARTS = 10;
/** How far below the gate the penalty begins, in accuracy: it is a corner, which no gradient sees. */
const ROUNDINGS = [1e-2, 1e-3, 1e-4] as const;
/** For the best of them alone. */
const LAST_ROUNDINGS = [1e-5, 1e-6] as const;
const GATE_WEIGHT = 2;

/**
 * By many local searches; a lower value may still exist, and no run of the benchmark should end below it.
 * @returns the lowest true value found, as a fraction (not in points)
 */
export function findOptimum(spec: string, instance: number): number {
  const f = makeMerge(spec, instance);
  const random = new Mulberry32(424242 + instance);
  const starts = [
    ...f.knownMerges(),
    ...Array.from({ length: RANDOM_STARTS }, () =>
      Array.from({ length: f.dimension }, () => random.uniform()),
    ),
  ];
  // All of them roughly; the better ones to the end.
  const rough = starts
    .map((start) => descendInBox(rounded(f, ROUNDINGS[0]), start, 40))
    .toSorted((a, b) => a.value - b.value)
    .slice(0, 4);
  const best = rough
    .map((descent) => finish(f, descent, ROUNDINGS))
    .reduce((least, end) => (end.value < least.value ? end : least));
  return Math.min(best.value, finish(f, best, LAST_ROUNDINGS).value);
}

function finish(f: MergeFunction, from: Descent, roundings: readonly number[]): Descent {
  let x = from.x;
  let least: Descent = { x, value: f.true(x) };
  for (const rounding of roundings) {
    x = descendInBox(rounded(f, rounding), x, 100).x;
    const value = f.true(x);
    if (value < least.value) least = { x, value };
  }
  return least;
}

/** The loss with a softplus in the place of the gate's corner. */
function rounded(f: MergeFunction, width: number): BenchFunction['true'] {
  return (x) => {
    const accuracies = f.trueAccuracies(x);
    const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
    if (f.gate === -Infinity) return -mean;
    const shortfall = f.gate - (accuracies.at(-1) ?? 0);
    return -mean + GATE_WEIGHT * softplus(shortfall, width);
  };
}

function softplus(value: number, width: number): number {
  const scaled = value / width;
  return width * (scaled > 30 ? scaled : Math.log1p(Math.exp(scaled)));
}
