/** A function to minimise over the unit box; its minimum is 0. */
export type Objective = (x: readonly number[]) => number;

export function sphere(centre: number): Objective {
  return (x) => x.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

/** Axis ratio 100 after a reflection that mixes all coordinates; the minimum is at 0.3. */
export function rotatedEllipsoid(x: readonly number[]): number {
  const z = x.map((value) => value - 0.3);
  const twiceMean = (2 * z.reduce((sum, value) => sum + value, 0)) / z.length;
  return z.reduce(
    (sum, value, j) => sum + 10 ** ((4 * j) / (z.length - 1)) * (value - twiceMean) ** 2,
    0,
  );
}

/** Rosenbrock's valley on [-2, 2]^n; the minimum is at 0.75. */
export function rosenbrock(x: readonly number[]): number {
  const z = x.map((value) => 4 * value - 2);
  return z.slice(1).reduce((sum, next, j) => {
    const previous = z[j] ?? Number.NaN;
    return sum + 100 * (previous ** 2 - next) ** 2 + (previous - 1) ** 2;
  }, 0);
}
