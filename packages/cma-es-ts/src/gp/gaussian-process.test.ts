import { describe, expect, it } from 'vitest';
import { normal, uniform } from '../random.js';
import { GaussianProcess } from './gaussian-process.js';
import { fitHyperparameters, initialHyperparameters } from './hyperparameters.js';

const dimension = 3;
const point = (i: number): number[] =>
  Array.from({ length: dimension }, (_, j) => uniform(1, i, j));
const smooth = ([a = 0, b = 0]: readonly number[]): number => Math.sin(5 * a) + 4 * (b - 0.4) ** 2;
const points = Array.from({ length: 60 }, (_, i) => point(i));
const exact = { points, values: points.map(smooth) };

function rootMeanSquare(errors: readonly number[]): number {
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}

describe('a fitted GaussianProcess', () => {
  const fitted = fitHyperparameters(exact, initialHyperparameters(dimension));
  const model = new GaussianProcess(exact, fitted);
  const unseen = Array.from({ length: 100 }, (_, i) => point(1000 + i));

  it('predicts a smooth function where it was not observed', () => {
    const errors = unseen.map((x) => model.predict(x).mean - smooth(x));
    expect(rootMeanSquare(errors)).toBeLessThan(0.03);
  });

  it('knows how far it is off', () => {
    const scores = unseen.map((x) => {
      const { mean, deviation } = model.predict(x);
      return (mean - smooth(x)) / deviation;
    });
    expect(rootMeanSquare(scores)).toBeGreaterThan(0.2);
    expect(rootMeanSquare(scores)).toBeLessThan(2);
  });

  it('finds out which coordinate does nothing', () => {
    const [first = 0, second = 0, idle = 0] = fitted.logLengths;
    expect(idle).toBeGreaterThan(Math.max(first, second) + 1);
  });

  it('smooths noise away', () => {
    const noisy = { points, values: points.map((x, i) => smooth(x) + 0.3 * normal(2, i, 0)) };
    const theta = fitHyperparameters(noisy, initialHyperparameters(dimension));
    const smoothed = new GaussianProcess(noisy, theta).smoothed();
    const left = points.map((x, i) => smoothed[i]! - smooth(x));
    const raw = points.map((x, i) => noisy.values[i]! - smooth(x));
    expect(rootMeanSquare(left)).toBeLessThan(0.75 * rootMeanSquare(raw));
  });

  it('believes what is pending: surer there, and of the same mean', () => {
    const x = point(5000);
    const alone = model.predict(x);
    const waiting = new GaussianProcess(exact, fitted, [x]).predict(x);
    expect(waiting.deviation).toBeLessThan(0.5 * alone.deviation);
    expect(waiting.mean).toBeCloseTo(alone.mean, 6);
  });

  it('has the same bits whether its points came at once or one by one', () => {
    const oneByOne = { ...fitted };
    for (let count = 10; count <= points.length; count++) {
      const some = { points: points.slice(0, count), values: exact.values.slice(0, count) };
      new GaussianProcess(some, oneByOne).predict(point(1));
    }
    const atOnce = new GaussianProcess(exact, { ...fitted });
    for (const x of unseen) {
      expect(new GaussianProcess(exact, oneByOne).predict(x)).toEqual(atOnce.predict(x));
    }
  });

  it('bears equal values and equal points', () => {
    const flat = { points: [point(0), point(0), point(1)], values: [2, 2, 2] };
    const theta = fitHyperparameters(flat, initialHyperparameters(dimension));
    const { mean, deviation } = new GaussianProcess(flat, theta).predict(point(2));
    expect(mean).toBeCloseTo(2, 9);
    expect(Number.isFinite(deviation)).toBe(true);
  });
});
