import type { SearchResult, SearchState } from './search-state.js';

/** The results that no other one beats or equals in every component while it beats it in one; in the order they came. */
export function paretoFront({ history }: SearchState): SearchResult[] {
  return history.filter(
    (result) => result.evaluation !== null && !history.some((other) => dominates(other, result)),
  );
}

function dominates(
  { evaluation: left }: SearchResult,
  { evaluation: right }: SearchResult,
): boolean {
  if (left === null || right === null) return false;
  const differences = left.values.map((value, i) => value - (right.values[i] ?? Number.NaN));
  return (
    differences.every((difference) => difference <= 0) &&
    differences.some((difference) => difference < 0)
  );
}
