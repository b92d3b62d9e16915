/** What several seeds say together. */
import { criticalT } from '../src/report/student-t.js';

/** NaN of nothing; infinite values are taken as they are. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(
    Math.ceil(middle) - 1,
    Math.floor(middle) + 1,
  );
  return low === high ? low : (low + high) / 2;
}

export interface MeanWithInterval {
  readonly mean: number;
  /** 95 %, Student's t; null with one value. */
  readonly interval: readonly [number, number] | null;
}

/** Of paired differences: over the seeds, so the spread of the searches is in it. */
export function meanWithInterval(values: readonly number[]): MeanWithInterval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const reach = criticalT(0.05, count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, interval: [mean - reach, mean + reach] };
}
