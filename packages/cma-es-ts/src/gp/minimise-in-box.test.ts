import { describe, expect, it } from 'vitest';
import { type Differentiable, minimiseInBox } from './minimise-in-box.js';

const box = (n: number, value: number): Float64Array => new Float64Array(n).fill(value);

const rosenbrock: Differentiable = ([a = 0, b = 0], gradient) => {
  gradient[0] = -400 * a * (b - a * a) - 2 * (1 - a);
  gradient[1] = 200 * (b - a * a);
  return 100 * (b - a * a) ** 2 + (1 - a) ** 2;
};

describe('minimiseInBox', () => {
  it('finds the minimum of a curved valley', () => {
    const x = minimiseInBox(rosenbrock, Float64Array.from([-1.2, 1]), box(2, -2), box(2, 2), 80);
    expect(x[0]).toBeCloseTo(1, 2);
    expect(x[1]).toBeCloseTo(1, 2);
  });

  it('stops at a bound where the minimum lies behind it', () => {
    const sphere: Differentiable = (x, gradient) => {
      x.forEach((value, i) => {
        gradient[i] = 2 * (value - 3);
      });
      return x.reduce((sum, value) => sum + (value - 3) ** 2, 0);
    };
    expect([...minimiseInBox(sphere, box(3, 0), box(3, -1), box(3, 1), 20)]).toEqual([1, 1, 1]);
  });

  it('stays where it is when the function is not defined there', () => {
    const start = box(2, 0.5);
    expect([...minimiseInBox(() => Number.NaN, start, box(2, 0), box(2, 1), 10)]).toEqual([
      0.5, 0.5,
    ]);
  });
});
