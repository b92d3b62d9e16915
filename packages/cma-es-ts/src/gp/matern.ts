const SQRT_5 = Math.sqrt(5);

/**
 * Matérn with ν = 5/2, (1 + r + r²/3) e⁻ʳ for r = √5 × distance; 1 at 0.
 *
 * @param distance in length scales
 */
export function matern52(distance: number): number {
  const r = SQRT_5 * distance;
  return (1 + r + (r * r) / 3) * Math.exp(-r);
}

/** g with ∂k/∂log(length scale of coordinate i) = g × (difference in coordinate i, in length scales)². */
export function matern52Slope(distance: number): number {
  const r = SQRT_5 * distance;
  return (5 / 3) * (1 + r) * Math.exp(-r);
}

/** Between `a` from `fromA` and `b` from `fromB` on, over `dimension` coordinates. */
export function euclidean(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  dimension: number,
): number {
  let sum = 0;
  for (let k = 0; k < dimension; k++) {
    const difference = (a[fromA + k] ?? 0) - (b[fromB + k] ?? 0);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}
