// pycma 4.5.0's BoxConstraintsLinQuadTransformation for [0, 1]: the identity inside, a parabola near a bound, periodic
// beyond. Its width of the parabolas is (1 + 0)/20 at either bound of this box.
const A = 0.05;
const PERIOD = 2 * (1 + 2 * A);

/**
 * Maps any number into [0, 1]: y where it is in [0.05, 0.95], a parabola up to −0.05 and 1.05, where it reaches the
 * bound, and folded back from there on.
 */
export function linQuad(y: number): number {
  const shifted = y + A;
  let folded = shifted - PERIOD * Math.floor(shifted / PERIOD);
  if (folded > 1 + 2 * A) folded = PERIOD - folded;
  folded -= A;
  if (folded < A) return Math.max(0, ((folded + A) * (folded + A)) / (4 * A));
  if (folded > 1 - A) {
    const rest = folded - 1 - A;
    return Math.min(1, 1 - (rest * rest) / (4 * A));
  }
  return folded;
}

/** The y in [−0.05, 1.05] with linQuad(y) = x, for x in [0, 1]. */
export function linQuadInverse(x: number): number {
  if (x < A) return Math.sqrt(4 * A * x) - A;
  if (x > 1 - A) return 1 + A - Math.sqrt(4 * A * (1 - x));
  return x;
}
