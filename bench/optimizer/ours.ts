/** Our searches as the benchmark drives them. */
import { type ObjectiveComponent, Search, type SearchOptions } from 'cma-es-ts';
import { type BenchFunction, type MergeFunction } from './functions.js';
import type { MakeSearch, SearchUnderTest } from './optimizer-under-test.js';

/**
 * `search`: what the product runs. It is told what the product knows of a trial: the accuracy on every task and how far
 * it can be off. `search-scalar` is told the score alone, as the peers are, and how far that can be off; `cma` is the
 * plain CMA-ES inside.
 */
export const ours: Readonly<Record<'search' | 'search-scalar' | 'cma', MakeSearch>> = {
  search: (f, seed) => {
    if (!isMerge(f)) return drive(f, { dimension: f.dimension, seed, start: 'single' });
    return drive(f, { dimension: f.dimension, seed, objective: objectiveOf(f) });
  },
  'search-scalar': (f, seed) =>
    drive(f, { dimension: f.dimension, seed, start: isMerge(f) ? 'duo' : 'single' }),
  cma: (f, seed) =>
    drive(f, { dimension: f.dimension, seed, start: 'single', surrogate: null }, false),
};

function isMerge(f: BenchFunction): f is MergeFunction {
  return 'gate' in f;
}

/** Minus the mean accuracy, and twice what the general task, the last one, lacks to its gate. */
function objectiveOf({ parents, gate }: MergeFunction): ObjectiveComponent[] {
  const tasks = parents + 1;
  return Array.from({ length: tasks }, (_, task) =>
    task === parents && gate > Number.NEGATIVE_INFINITY
      ? { weight: 1 / tasks, limit: -gate, penalty: 2 }
      : { weight: 1 / tasks },
  );
}

function drive(f: BenchFunction, options: SearchOptions, isInjected = true): SearchUnderTest {
  const search = new Search(options);
  if (isInjected && isMerge(f)) for (const x of f.knownMerges()) search.inject(x);
  const isScalar = options.objective === undefined;
  return {
    ask: () => search.ask(),
    tell: (id, outcome) => {
      if ('failed' in outcome) {
        search.fail(id);
      } else if (outcome.accuracies === undefined || !isMerge(f)) {
        search.tell(id, outcome.value);
      } else {
        const { accuracies, value } = outcome;
        const errors = accuracies.map((accuracy) => standardError(accuracy, f.itemsPerTask));
        const error = Math.hypot(...errors) / errors.length;
        search.tell(
          id,
          isScalar
            ? { values: [value], errors: [error] }
            : { values: accuracies.map((accuracy) => -accuracy), errors },
        );
      }
    },
    finalists: (k) => search.finalists(k).map(({ x }) => x),
  };
}

/** Binomial; of none or all right, as if half an item were otherwise. */
function standardError(accuracy: number, items: number): number {
  return Math.sqrt(Math.max(accuracy * (1 - accuracy), 0.5 / items) / items);
}
