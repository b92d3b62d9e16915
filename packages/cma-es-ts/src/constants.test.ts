import { describe, expect, it } from 'vitest';
import goldenText from '../golden/constants.json?raw';
import { defaultPopulationSize, type StrategyConstants, strategyConstants } from './constants.js';

const golden = JSON.parse(goldenText) as { constants: StrategyConstants[] };

function relativeError(actual: number, expected: number): number {
  return actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);
}

describe('strategyConstants', () => {
  it('covers n = 2..64 at the default population size', () => {
    const dimensions = golden.constants.map(({ dimension }) => dimension);
    expect(dimensions.slice(0, 63)).toEqual(Array.from({ length: 63 }, (_, i) => i + 2));
  });

  it('equals cmaes to 1e-12', () => {
    let worst = 0;
    for (const { weights, ...scalars } of golden.constants) {
      const actual = strategyConstants(scalars.dimension, scalars.populationSize);
      for (const [key, value] of Object.entries(scalars)) {
        worst = Math.max(worst, relativeError(actual[key as keyof typeof scalars], value));
      }
      expect(actual.weights).toHaveLength(weights.length);
      const scale = Math.max(...weights.map(Math.abs));
      weights.forEach((weight, i) => {
        worst = Math.max(worst, Math.abs(actual.weights[i]! - weight) / scale);
      });
    }
    expect(worst).toBeLessThan(1e-12);
  });

  it('has the population size of cmaes by default', () => {
    for (const { dimension, populationSize } of golden.constants.slice(0, 63)) {
      expect(defaultPopulationSize(dimension)).toBe(populationSize);
    }
  });
});
