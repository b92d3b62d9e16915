import { describe, expect, it } from 'vitest';
import { makeFunction } from './functions.js';
import type { SearchUnderTest, TrialOutcome } from './optimizer-under-test.js';
import { plainCma } from './plain-cma.js';
import { runSearch } from './run-search.js';

describe('runSearch', () => {
  it('asks a batch before it tells the first of it, and tells in the order of asking', () => {
    const course: string[] = [];
    const outcomes: TrialOutcome[] = [];
    let asked = 0;
    const search: SearchUnderTest = {
      ask: () => {
        course.push(`ask ${asked}`);
        return { id: asked++, x: [0.5, 0.5, 0.5, 0.5] };
      },
      tell: (id, outcome) => {
        course.push(`tell ${id}`);
        outcomes.push(outcome);
      },
      finalists: () => [[0, 0, 0, 0]],
    };
    const f = makeFunction('merge_K2_G1_N100', 1);
    runSearch({ f, make: () => search, seed: 1, batch: 2, budget: 3, optimum: 0 });
    expect(course).toEqual(['ask 0', 'ask 1', 'tell 0', 'tell 1', 'ask 2', 'tell 2']);
    const [first] = outcomes;
    expect(first).toMatchObject({ value: f.measured([0.5, 0.5, 0.5, 0.5]) });
    expect(first).toHaveProperty('accuracies.length', 3);
  });

  it('is the same run of the same seed, and comes nearer with more trials', () => {
    const f = makeFunction('sphere_d8', 1);
    const run = (): unknown =>
      runSearch({ f, make: plainCma, seed: 1, batch: 1, budget: 300, optimum: 0 });
    const regrets = runSearch({ f, make: plainCma, seed: 1, batch: 1, budget: 300, optimum: 0 });
    expect(run()).toEqual(regrets);
    expect(regrets.map(({ budget }) => budget)).toEqual([50, 100, 200, 300]);
    expect(regrets[3]!.best).toBeLessThan(regrets[0]!.best / 10);
    for (const { best, top5, oracle } of regrets) expect([top5, oracle]).toEqual([best, best]);
  });

  it('refuses a point outside the box', () => {
    const make = (): SearchUnderTest => ({
      ask: () => ({ id: 0, x: [0.5, 1.5] }),
      tell: () => undefined,
      finalists: () => [],
    });
    const f = makeFunction('sphere_d2', 1);
    const run = (): unknown => runSearch({ f, make, seed: 1, batch: 1, budget: 1, optimum: 0 });
    expect(run).toThrow('expected 2 numbers in [0, 1], the search gave [0.5, 1.5]');
  });
});
