/** What a sweep that has not begun will cost, and how long it will take. */
import type { SweepFile } from '../spec/schema.js';
import { trialKinds, type CostEstimates } from './cost.js';
import { estimateEta } from './eta.js';
import { countToCome, type KindCounts } from './remaining.js';

/** Field names are stable: `check --json` prints it. */
export interface Forecast {
  /** Trials by kind; of promotions as many as are usual. */
  readonly trials: KindCounts;
  /** Evaluations at once. */
  readonly slots: number;
  readonly gpuHours: number;
  readonly wallClockHours: number;
  /** Where the file has a price. */
  readonly usd?: number;
  /** Of one search trial. */
  readonly trialSeconds: number;
  /** All may be so many times more or less. */
  readonly factor: number;
  readonly source: CostEstimates['source'];
}

/** @param slots ≥ 1 */
export function forecast(file: SweepFile, estimates: CostEstimates, slots: number): Forecast {
  const baseline = 1 + file.genome.models.length + 2;
  const none = { baseline: 0, search: 0, promotion: 0, confirm: 0 };
  const toCome = countToCome(file, {
    proposed: { ...none, baseline },
    ...{ maxTrials: file.optimizer.max_trials, isSearchOver: false },
  });
  // Of the best third of its rung.
  const promotion = toCome.promotion === 0 ? 0 : toCome.promotion + Math.round(toCome.search / 3);
  const trials = { ...toCome, baseline, promotion };
  const { kinds, factor, source } = estimates;
  const gpuSeconds = trialKinds.reduce(
    (sum, kind) => sum + trials[kind] * kinds[kind].gpuSeconds,
    0,
  );
  const { seconds = 0 } = estimateEta({ toStart: trials, open: none, estimates, slots }) ?? {};
  const price = file.budget.usd_per_gpu_hour;
  return {
    ...{ trials, slots, gpuHours: gpuSeconds / 3600, wallClockHours: seconds / 3600 },
    ...(price !== undefined && { usd: (gpuSeconds / 3600) * price }),
    ...{ trialSeconds: kinds.search.seconds, factor, source },
  };
}
