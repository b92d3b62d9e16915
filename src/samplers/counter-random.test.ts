import { describe, expect, it } from 'vitest';
import { hashIntegers, normal, uniform } from './counter-random.js';

const many = (draw: (index: number) => number) =>
  Array.from({ length: 20_000 }, (_, index) => draw(index));
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('counter-based random numbers', () => {
  it('are functions of what they are for: every integer and its place count', () => {
    expect(uniform(1, 2, 3)).toBe(uniform(1, 2, 3));
    const draws = [uniform(1, 2, 3), uniform(1, 3, 2), uniform(2, 2, 3), uniform(1, 2), uniform(1)];
    expect(new Set(draws).size).toBe(5);
    expect(new Set(many((index) => hashIntegers(7, index))).size).toBeGreaterThan(19_990);
  });

  it('are uniform in [0, 1), and do not go with their neighbours', () => {
    const values = many((index) => uniform(7, index));
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    const lagged = values
      .slice(1)
      .map((value, index) => (value - 0.5) * ((values[index] ?? 0) - 0.5));
    expect(Math.abs(mean(lagged))).toBeLessThan(0.003);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
  });

  it('are normal with mean 0 and variance 1, finite', () => {
    const values = many((index) => normal(7, index));
    expect(Math.abs(mean(values))).toBeLessThan(0.03);
    expect(mean(values.map((value) => value ** 2))).toBeCloseTo(1, 1);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});
