import { compareIds } from '../ranking.js';
import type { SearchResult, SearchState } from './search-state.js';
import { isTrusted } from './search-step.js';
import { isNoisy, refit, Surrogate } from './surrogate.js';

/** A result that deserves to be measured again. */
export interface Finalist {
  /** As in the history: negative for foreign points. */
  readonly id: number;
  readonly x: readonly number[];
  /** What was measured. */
  readonly loss: number;
  /** Its place by the measured loss, from 1. */
  readonly measuredRank: number;
  /** Its place by the loss that the surrogate believes in, from 1; null without a surrogate. */
  readonly smoothedRank: number | null;
}

/** Below so many results a surrogate says nothing. */
const FEWEST_RESULTS = 10;

/**
 * Which results to measure again on fresh data, best first: the first is what to ship if there is no time for that.
 *
 * The best of many noisy measurements is mostly lucky. So where results came with errors, and while the surrogate is
 * trusted, the first is the best by its posterior mean; then come in turn the best measured and the best believed that
 * are not yet among them: the measured ones know what the model cannot express, the believed ones are not chosen by
 * luck. Otherwise the best measured comes first.
 *
 * @param k at most so many
 */
export function finalists(state: SearchState, k: number): Finalist[] {
  const measured = state.history
    .filter((result): result is SearchResult & { loss: number } => result.loss !== null)
    .toSorted((left, right) => left.loss - right.loss || compareIds(left.id, right.id));
  const believed = rankBelieved(state);
  const toFinalist = (id: number): Finalist => {
    const rank = measured.findIndex((result) => result.id === id);
    const result = measured[rank];
    if (result === undefined) throw new Error(`bug in cma-es-ts: no result ${id}`);
    const { x, loss } = result;
    const smoothedRank = believed === null ? null : believed.indexOf(id) + 1;
    return { id, x, loss, measuredRank: rank + 1, smoothedRank };
  };
  const byMeasure = measured.map(({ id }) => id);
  const lines =
    isNoisy(state) && isTrusted(state)
      ? [believed ?? byMeasure, byMeasure]
      : [byMeasure, believed ?? byMeasure];
  return takeInTurn(lines, k).map(toFinalist);
}

/** Ids by the posterior mean of their loss; null where there is no surrogate. */
function rankBelieved(state: SearchState): number[] | null {
  const valued = state.history.filter(({ evaluation }) => evaluation !== null).length;
  if (state.options.surrogate === null || valued < FEWEST_RESULTS) return null;
  const { models } = refit({ ...state, surrogate: { ...state.surrogate, fittedTo: 0 } });
  const { results, smoothed } = new Surrogate(state, models, []);
  return results
    .map(({ id }, i) => ({ id, loss: smoothed[i] ?? Number.POSITIVE_INFINITY }))
    .toSorted((left, right) => left.loss - right.loss || compareIds(left.id, right.id))
    .map(({ id }) => id);
}

function takeInTurn(sources: readonly (readonly number[])[], k: number): number[] {
  const taken = new Set<number>();
  const lines = sources.map((source) => [...source]);
  for (let turn = 0; taken.size < k && lines.some((line) => line.length > 0); turn++) {
    const line = lines[turn % lines.length] ?? [];
    let next = line.shift();
    while (next !== undefined && taken.has(next)) next = line.shift();
    if (next !== undefined) taken.add(next);
  }
  return [...taken];
}
