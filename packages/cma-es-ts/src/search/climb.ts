import { normal, streams, uniform } from '../random.js';
import type { Surrogate } from './surrogate.js';

/** A place in the box with what the surrogate expects there. */
export interface Judged {
  readonly x: readonly number[];
  readonly loss: number;
  readonly logImprovement: number;
}

const ROUNDS = 8;
const PER_ROUND = 10;
const FIRST_STEP = 0.1;
/** How many coordinates a step changes, on average. */
const CHANGED = 6;

/**
 * Looks for a larger expected improvement around some points of the box: a (1, λ) search with steps in a few
 * coordinates at a time, longer after success and shorter after failure.
 *
 * @param starts one at least
 * @param key of the random numbers: same key, same result
 */
export function climb(
  surrogate: Surrogate,
  starts: readonly (readonly number[])[],
  key: { readonly seed: number; readonly id: number },
): Judged {
  const judge = (x: readonly number[]): Judged => ({ x, ...surrogate.judge(x) });
  let best = starts.map(judge).reduce(better);
  let step = FIRST_STEP;
  for (let round = 0; round < ROUNDS; round++) {
    const from = best;
    for (let k = 0; k < PER_ROUND; k++) {
      best = better(best, judge(perturb(from.x, step, key, round * PER_ROUND + k)));
    }
    step *= best === from ? 0.6 : 1.3;
  }
  return best;
}

function better(left: Judged, right: Judged): Judged {
  return right.logImprovement > left.logImprovement ? right : left;
}

function perturb(
  x: readonly number[],
  step: number,
  { seed, id }: { readonly seed: number; readonly id: number },
  draw: number,
): number[] {
  const n = x.length;
  const share = Math.min(1, CHANGED / n);
  // Coordinates n … 2n − 1 of the draw say which of 0 … n − 1 change.
  return x.map((value, j) => {
    if (uniform(seed, id, n + j, draw, streams.climb) > share) return value;
    return Math.min(1, Math.max(0, value + step * normal(seed, id, j, draw, streams.climb)));
  });
}
