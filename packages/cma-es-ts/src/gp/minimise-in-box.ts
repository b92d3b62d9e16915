/** f and its gradient, which is written into `gradient`. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

const MEMORY = 8;
const SUFFICIENT_DECREASE = 1e-4;
const MAX_HALVINGS = 20;
const TOL_GRADIENT = 1e-4;
const TOL_DECREASE = 1e-6;

/**
 * A local minimum of a smooth function in a box: L-BFGS (Nocedal and Wright, Numerical Optimization, 2nd ed.,
 * algorithm 7.4) over the coordinates that no bound holds, every trial point clipped into the box, with backtracking.
 * Meant for some tens of coordinates and a fixed small number of iterations; deterministic.
 *
 * @param start in the box; not changed
 * @returns the best point seen
 */
export function minimiseInBox(
  f: Differentiable,
  start: Float64Array,
  low: Float64Array,
  high: Float64Array,
  maxIterations: number,
): Float64Array {
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = f(x, gradient);
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < maxIterations && Number.isFinite(value); iteration++) {
    const isFree = x.map((xi, i) => {
      const g = gradient[i] ?? 0;
      return (xi <= (low[i] ?? 0) && g > 0) || (xi >= (high[i] ?? 0) && g < 0) ? 0 : 1;
    });
    const free = gradient.map((g, i) => g * (isFree[i] ?? 0));
    if (Math.sqrt(dot(free, free)) < TOL_GRADIENT) break;
    let direction = quasiNewtonDirection(free, pairs).map((d, i) => d * (isFree[i] ?? 0));
    let slope = dot(direction, free);
    if (!(slope < 0)) {
      pairs.length = 0;
      direction = free.map((g) => -g);
      slope = -dot(free, free);
    }
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
    let next:
      | { x: Float64Array<ArrayBuffer>; gradient: Float64Array<ArrayBuffer>; value: number }
      | undefined;
    for (let halving = 0; halving < MAX_HALVINGS; halving++, step /= 2) {
      const tried = Float64Array.from(x, (xi, i) =>
        Math.min(high[i] ?? 0, Math.max(low[i] ?? 0, xi + step * (direction[i] ?? 0))),
      );
      const triedGradient = new Float64Array(n);
      const triedValue = f(tried, triedGradient);
      if (triedValue <= value + SUFFICIENT_DECREASE * step * slope) {
        next = { x: tried, gradient: triedGradient, value: triedValue };
        break;
      }
    }
    if (next === undefined) break;
    const from = { x, gradient, value };
    const s = next.x.map((xi, i) => xi - (from.x[i] ?? 0));
    const y = next.gradient.map((g, i) => g - (from.gradient[i] ?? 0));
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > MEMORY) pairs.shift();
    }
    ({ x, gradient, value } = next);
    if (from.value - value < TOL_DECREASE * Math.max(1, Math.abs(value))) break;
  }
  return x;
}

/** −H g by the two-loop recursion. */
function quasiNewtonDirection(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    addScaled(q, y, -alpha);
  }
  const latest = pairs.at(-1);
  if (latest !== undefined) {
    const scale = 1 / (latest.rho * dot(latest.y, latest.y));
    for (let i = 0; i < q.length; i++) q[i] = (q[i] ?? 0) * scale;
  }
  for (const { s, y, rho } of pairs) {
    addScaled(q, s, (alphas.pop() ?? 0) - rho * dot(y, q));
  }
  return q;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (target[i] ?? 0) + factor * (source[i] ?? 0);
  }
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}
