import { describe, expect, it } from 'vitest';
import { makeFunction } from './functions.js';
import { generationSize, plainCma } from './plain-cma.js';
import { simulateWorkers, withBarrier, type WorkersResult } from './simulate-workers.js';

const f = makeFunction('sphere_d8', 1);

function simulate(workers: number, hasBarrier: boolean, sigmaLn = 0.5): WorkersResult {
  const own = plainCma(f, 1, 300);
  const search = hasBarrier ? withBarrier(own, generationSize(f.dimension)) : own;
  return simulateWorkers({ f, search, workers, sigmaLn, seed: 1, trials: 300, target: 1 });
}

describe('simulateWorkers', () => {
  it('takes the sum of the durations with one worker, which never rests', () => {
    const { isHit, trials, time, utilisation } = simulate(1, false, 0);
    expect(isHit).toBe(true);
    expect(time).toBeCloseTo(trials);
    expect(utilisation).toBeCloseTo(1);
  });

  it('makes the same trials with and without a barrier where there is one worker', () => {
    expect(simulate(1, true)).toEqual(simulate(1, false));
  });

  it('makes the trials of the sequential search with a barrier, however many workers', () => {
    // Which trial of a generation hits depends on the order in which they end.
    const generation = (result: WorkersResult): number =>
      Math.ceil(result.trials / generationSize(f.dimension));
    expect(generation(simulate(16, true))).toBe(generation(simulate(1, false)));
  });

  it('lets no worker wait without a barrier, and some with it', () => {
    expect(simulate(8, false).utilisation).toBeCloseTo(1);
    expect(simulate(8, true).utilisation).toBeLessThan(0.8);
  });

  it('is a miss when the trials are spent', () => {
    const search = plainCma(f, 1, 20);
    const run = { f, search, workers: 4, sigmaLn: 0.5, seed: 1, trials: 20, target: -1 };
    expect(simulateWorkers(run)).toMatchObject({ isHit: false, trials: 20 });
  });

  it('says so when every worker waits for ever', () => {
    const search = { ...withBarrier(plainCma(f, 1, 20), 4), mayAsk: () => false };
    const run = { f, search, workers: 4, sigmaLn: 0.5, seed: 1, trials: 20, target: -1 };
    expect(() => simulateWorkers(run)).toThrow('every worker waits');
  });
});
