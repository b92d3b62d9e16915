const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** φ(u), the density of N(0, 1). */
export function density(u: number): number {
  return Math.exp(-0.5 * u * u) / SQRT_2PI;
}

/** Φ(u) with a relative error below 1.2e-7, in the lower tail too (Press et al., Numerical Recipes, 2nd ed., `erfcc`). */
export function cumulative(u: number): number {
  const z = Math.abs(u) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * z);
  const series = ERFC.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const upper = 0.5 * t * Math.exp(series - z * z);
  return u < 0 ? upper : 1 - upper;
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

/** E[max(0, s Z + m)] for Z ~ N(0, 1): by how much something exceeds a limit on average. */
export function expectedExcess(m: number, s: number): number {
  if (!(s > 0)) return Math.max(0, m);
  const u = m / s;
  return s * (density(u) + u * cumulative(u));
}

/**
 * The logarithm of {@link expectedExcess}, finite also where that underflows (Ament et al., "Unexpected improvements to
 * expected improvement for Bayesian optimization", NeurIPS 2023).
 *
 * @param s above 0
 */
export function logExpectedExcess(m: number, s: number): number {
  const u = m / s;
  // φ(u) + u Φ(u) → φ(u)/u² in the far tail, where the two terms cancel.
  if (u < -5) return Math.log(s) - 0.5 * u * u - Math.log(SQRT_2PI) - 2 * Math.log(-u);
  return Math.log(s) + Math.log(density(u) + u * cumulative(u));
}
