/** A local minimum of a smooth function in the unit box: BFGS on the coordinates that are free, numerical gradients. */

/** Of the central difference; the box's edge makes it one-sided. */
const GRADIENT_STEP = 1e-6;
const SUFFICIENT = 1e-4;
/** Three steps in a row that gain less are the end. */
const LEAST_GAIN = 1e-8;

export interface Descent {
  readonly x: readonly number[];
  readonly value: number;
}

/** @param steps at most so many directions */
export function descendInBox(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  steps = 200,
): Descent {
  const d = start.length;
  let x = start.map(intoBox);
  let value = f(x);
  let gradient = gradientInBox(f, x);
  let inverse = identity(d);
  let idle = 0;
  for (let step = 0; step < steps && idle < 3; step++) {
    const isFree = x.map((xi, i) => {
      const slope = gradient[i] ?? 0;
      return !((xi <= 0 && slope > 0) || (xi >= 1 && slope < 0));
    });
    let direction = descentDirection(inverse, gradient, isFree);
    if (dot(direction, gradient) >= 0) {
      inverse = identity(d);
      direction = descentDirection(inverse, gradient, isFree);
    }
    const next = search(f, { x, value }, direction, gradient);
    if (next === null) {
      // The quadratic model may be to blame: once more along the gradient, or it is a minimum.
      if (isIdentity(inverse)) break;
      inverse = identity(d);
      continue;
    }
    const nextGradient = gradientInBox(f, next.x);
    inverse = updateInverse(
      inverse,
      next.x.map((xi, i) => xi - (x[i] ?? 0)),
      nextGradient.map((gi, i) => gi - (gradient[i] ?? 0)),
    );
    const gain = value - next.value;
    [x, value, gradient] = [[...next.x], next.value, nextGradient];
    idle = gain < LEAST_GAIN ? idle + 1 : 0;
  }
  return { x, value };
}

/** Backtracking along the direction, bent at the box. */
function search(
  f: (x: readonly number[]) => number,
  from: Descent,
  direction: readonly number[],
  gradient: readonly number[],
): Descent | null {
  const longest = Math.max(...direction.map(Math.abs));
  if (longest === 0) return null;
  for (let length = Math.min(1, 0.5 / longest), tries = 0; tries < 25; length /= 2, tries++) {
    const x = from.x.map((xi, i) => intoBox(xi + length * (direction[i] ?? 0)));
    const value = f(x);
    const predicted = x.reduce(
      (sum, xi, i) => sum + (xi - (from.x[i] ?? 0)) * (gradient[i] ?? 0),
      0,
    );
    if (value < from.value && value <= from.value + SUFFICIENT * predicted) return { x, value };
  }
  return null;
}

function gradientInBox(f: (x: readonly number[]) => number, x: readonly number[]): number[] {
  const moved = [...x];
  return x.map((xi, i) => {
    const [low, high] = [intoBox(xi - GRADIENT_STEP), intoBox(xi + GRADIENT_STEP)];
    moved[i] = high;
    const above = f(moved);
    moved[i] = low;
    const below = f(moved);
    moved[i] = xi;
    return (above - below) / (high - low);
  });
}

function descentDirection(
  inverse: readonly (readonly number[])[],
  gradient: readonly number[],
  isFree: readonly boolean[],
): number[] {
  return inverse.map((row, i) =>
    isFree[i] === true
      ? -row.reduce(
          (sum, value, j) => (isFree[j] === true ? sum + value * (gradient[j] ?? 0) : sum),
          0,
        )
      : 0,
  );
}

/** BFGS; skipped where the curvature along the step is not positive. */
function updateInverse(
  inverse: number[][],
  step: readonly number[],
  change: readonly number[],
): number[][] {
  const curvature = dot(step, change);
  if (curvature <= 1e-14) return inverse;
  const moved = inverse.map((row) => dot(row, change));
  const scale = 1 / curvature;
  const own = (1 + scale * dot(change, moved)) * scale;
  return inverse.map((row, i) =>
    row.map((value, j) => {
      const [si, sj, mi, mj] = [step[i] ?? 0, step[j] ?? 0, moved[i] ?? 0, moved[j] ?? 0];
      return value + own * si * sj - scale * (mi * sj + si * mj);
    }),
  );
}

function identity(d: number): number[][] {
  return Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => +(i === j)));
}

function isIdentity(matrix: readonly (readonly number[])[]): boolean {
  return matrix.every((row, i) => row.every((value, j) => value === +(i === j)));
}

function intoBox(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, i) => sum + value * (right[i] ?? 0), 0);
}
