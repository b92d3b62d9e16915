import { originOf } from './promotion.js';
import { rankSearchTrials, type ScoredTrial } from './select-best.js';

/**
 * Who is scored on the held-out documents, in the order of the recommendation; the best measured is
 * always among them. Only candidates that were scored on all documents can be.
 *
 * @param recommended search trials, best first, as the sampler names them
 * @param count ≥ 1
 */
export function chooseFinalists<Trial extends ScoredTrial>(
  trials: readonly Trial[],
  recommended: readonly string[],
  count: number,
): Trial[] {
  const candidates = rankSearchTrials(trials);
  const [best] = candidates;
  if (best === undefined) return [];
  const finalists = recommended
    .flatMap((id) => candidates.find(({ trial }) => originOf(trial) === id) ?? [])
    .slice(0, count);
  return finalists.includes(best) ? finalists : [...finalists.slice(0, count - 1), best];
}
