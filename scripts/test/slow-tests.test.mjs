import { describe, expect, it } from 'vitest';
import { readSampleSeed, sampleSlowTests } from './slow-tests.mjs';

const day = 86_400_000;

describe('the sample of slow tests', () => {
  it('reaches every test in as many days as there are tests', () => {
    const days = [0, 1, 2].map((n) => readSampleSeed({}, 20_000 * day + n * day));
    expect(new Set(days.flatMap((seed) => sampleSlowTests(['a', 'b', 'c'], seed)))).toEqual(
      new Set(['a', 'b', 'c']),
    );
  });

  it('is the same all day, and the one of a given seed', () => {
    expect(readSampleSeed({}, 5 * day)).toBe(readSampleSeed({}, 6 * day - 1));
    expect(readSampleSeed({ MERGESWEEP_TEST_SEED: '17' }, 0)).toBe(17);
  });

  it('refuses a seed that is no whole number', () => {
    expect(() => readSampleSeed({ MERGESWEEP_TEST_SEED: '-1' })).toThrow('whole number');
  });

  it('is empty when there are no slow tests', () => {
    expect(sampleSlowTests([], 3)).toEqual([]);
  });
});
