/** Did you mean …? */

/** What other tools call our keys: mergekit-evolve, W&B, Optuna, everyday speech. */
const synonyms: Readonly<Record<string, string>> = {
  popsize: 'population_size',
  eval: 'evaluation',
  method: 'merge_method',
  parents: 'models',
  base: 'base_model',
  trials: 'max_trials',
  max_fevals: 'max_trials',
  random_seed: 'seed',
  tokenizer: 'tokenizer_source',
  fewshot: 'num_fewshot',
};

/** The candidate nearest to `word`, when it is near enough to be a slip of the hand. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const synonym = Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
  if (synonym !== undefined && candidates.includes(synonym)) return synonym;
  const wanted = normalise(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(Math.min(wanted.length, 24) / 3)) + 0.5;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normalise(candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

const normalise = (word: string): string => word.toLowerCase().replaceAll('-', '_');

/** Damerau-Levenshtein (adjacent swaps count 1), given up beyond `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return Infinity;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, (beforePrevious[j - 2] ?? Infinity) + 1);
      row.push(value);
    }
    // Rows never fall below their least again by more than a swap's step back.
    if (Math.min(...row) > limit && Math.min(...previous) > limit) return Infinity;
    [beforePrevious, previous] = [previous, row];
  }
  return previous[b.length] ?? Infinity;
}
