import type { Moment } from '../measured-run.js';

/** Of one search trial. */
export interface SearchCost {
  readonly secondsPerTrial: number;
  readonly cpuSecondsPerTrial: number;
}

/**
 * @param moments the start of the first search trial, then each one's end
 * @throws unless `trials` of them ended
 */
export function costPerTrial(moments: readonly Moment[], trials: number): SearchCost {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined || moments.length !== trials + 1) {
    throw new Error(`expected ${trials} search trials to end, got ${moments.length - 1}`);
  }
  return {
    secondsPerTrial: (last.seconds - first.seconds) / trials,
    cpuSecondsPerTrial: (last.cpuSeconds - first.cpuSeconds) / trials,
  };
}
