const SERIES_UNTIL = 2;
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/**
 * P(N(0, 1) < x), to some 1e-14 of itself.
 * Math.exp may differ in the last bit between engines.
 */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  const density = Math.exp((-x * x) / 2) / ROOT_TWO_PI;
  if (size <= SERIES_UNTIL) return 0.5 + density * series(x);
  const tail = density / continuedFraction(size);
  return x < 0 ? tail : 1 - tail;
}

/** x + x³/3 + x⁵/(3·5) + …: Abramowitz and Stegun 26.2.11 */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return sum;
}

/** x + 1/(x + 2/(x + 3/(x + …))), from the inside out: Abramowitz and Stegun 26.2.14 */
function continuedFraction(x: number): number {
  let value = x;
  for (let k = 200; k >= 1; k--) value = x + k / value;
  return value;
}
