import { Cma } from '../cma.js';
import type { Candidate } from '../events.js';
import type { CmaOptions } from '../options.js';
import { uniform } from '../random.js';
import type { Objective } from './objectives.js';

export interface SearchOptions extends CmaOptions {
  objective: Objective;
  /** The value that ends the search. */
  target: number;
  /** How many candidates are open at a time; they are answered in random order. @default 1 */
  open?: number;
  /** Share of evaluations that are reported as candidate failures. @default 0 */
  failShare?: number;
  /** Share of evaluations that are reported as infrastructure failures. @default 0 */
  forgetShare?: number;
}

/** Runs a search to its target and returns the number of evaluations, failed ones included; Infinity after `limit`. */
export function evaluationsToTarget(options: SearchOptions, limit: number): number {
  const { objective, target, open = 1, failShare = 0, forgetShare = 0, ...cmaOptions } = options;
  const es = new Cma(cmaOptions);
  const running: Candidate[] = [];
  for (let evaluation = 1; evaluation <= limit; evaluation++) {
    while (running.length < open) running.push(es.ask());
    // Chance in the tests comes from a key of its own, far from the searches' seeds.
    const pick = Math.floor(uniform(2 ** 40 + options.seed, evaluation, 0) * running.length);
    const luck = uniform(2 ** 40 + options.seed, evaluation, 1);
    const [candidate] = running.splice(pick, 1);
    if (candidate === undefined) throw new Error('nothing is open');
    if (luck < failShare) {
      es.fail(candidate.id);
    } else if (luck < failShare + forgetShare) {
      es.forget(candidate.id);
    } else {
      const value = objective(candidate.x);
      es.tell(candidate.id, value);
      if (value < target) return evaluation;
    }
  }
  return Infinity;
}
