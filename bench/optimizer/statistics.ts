/** What many cells say together. */
import { Mulberry32 } from './mulberry32.js';

/** First quartile, median, third quartile. */
export type Quartiles = readonly [number, number, number];

export function quartiles(values: readonly number[]): Quartiles {
  return [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)];
}

/** Between two values in proportion; NaN of nothing. Infinite values are taken as they are. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low = Number.NaN, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Values of 0 count as 1e-12: a sphere can be solved to the last bit. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(Math.max(value, 1e-12)))));
}

/**
 * How far a figure would move on other instances: its quartiles over draws of as many instances, with replacement.
 * @param figure of some instances, each as often as it is listed; draws on which it is not a number are left out
 */
export function resampledQuartiles(
  instances: readonly number[],
  figure: (drawn: readonly number[]) => number,
  draws = 400,
): Quartiles {
  const random = new Mulberry32(20261126);
  const figures = Array.from({ length: draws }, () =>
    figure(
      instances.map(() => instances[Math.floor(random.uniform() * instances.length)] ?? Number.NaN),
    ),
  );
  return quartiles(figures.filter((value) => !Number.isNaN(value)));
}
