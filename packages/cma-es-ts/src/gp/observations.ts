/** Some evaluated points of the unit box and what came of them. */
export interface Observations {
  /** n points of d numbers each. */
  readonly points: readonly (readonly number[])[];
  /** n finite numbers, on any scale. */
  readonly values: readonly number[];
}

/** Values with mean 0 and variance 1: value = offset + scale × scaled. */
export interface Standardised {
  readonly scaled: Float64Array;
  readonly offset: number;
  /** Above 0 also where all values are equal. */
  readonly scale: number;
}

export function standardise(values: readonly number[]): Standardised {
  const offset = values.reduce((total, value) => total + value, 0) / values.length;
  const variance =
    values.reduce((total, value) => total + (value - offset) * (value - offset), 0) / values.length;
  const scale = Math.sqrt(variance) + 1e-12;
  return { scaled: Float64Array.from(values, (value) => (value - offset) / scale), offset, scale };
}
