import { describe, expect, it } from 'vitest';
import type { TrialFailure } from '../errors.js';
import { chargeOf, expectCost, measure, type CostEstimates } from './cost.js';

const each = (gpuSeconds: number) => ({ gpuSeconds, seconds: 2 * gpuSeconds });
const estimates: CostEstimates = {
  kinds: { baseline: each(200), search: each(100), promotion: each(150), confirm: each(400) },
  ...{ factor: 3, source: 'plan' },
};

describe('expectCost', () => {
  it('takes the estimate before anything was measured, and nothing where there is none', () => {
    expect(expectCost('confirm', {}, estimates, 'gpuSeconds')).toBe(400);
    expect(expectCost('confirm', {}, estimates, 'seconds')).toBe(800);
    expect(expectCost('confirm', {}, undefined, 'gpuSeconds')).toBeUndefined();
  });

  it('takes mean and two standard deviations of three or more that were measured', () => {
    const search = { count: 3, mean: 60, spread: 5 };
    expect(expectCost('search', { search }, estimates, 'gpuSeconds')).toBe(70);
  });

  it('adds half of the mean where fewer were measured', () => {
    const search = { count: 1, mean: 60, spread: 0 };
    expect(expectCost('search', { search }, estimates, 'gpuSeconds')).toBe(90);
  });

  it('corrects the estimate of another kind by what came of the one that was measured most', () => {
    const measured = {
      baseline: { count: 5, mean: 20, spread: 0 },
      search: { count: 1, mean: 90, spread: 0 },
    };
    // A tenth of what was expected of baselines.
    expect(expectCost('confirm', measured, estimates, 'gpuSeconds')).toBe(40);
    expect(expectCost('search', measured, estimates, 'gpuSeconds')).toBe(10);
    expect(expectCost('confirm', measured, undefined, 'gpuSeconds')).toBe(20);
  });
});

describe('measure', () => {
  it('knows mean and spread, no spread of one, and nothing of none', () => {
    expect(measure([2, 4, 6])).toEqual({ count: 3, mean: 4, spread: 2 });
    expect(measure([2])).toEqual({ count: 1, mean: 2, spread: 0 });
  });

  it('is not led by one value far out, such as a trial that proves warm against cold', () => {
    expect(measure([29, 1, 2, 2, 2, 3])).toMatchObject({ count: 6, mean: 2.5 });
    expect(measure([1, 2, 3, 4])).toMatchObject({ mean: 2.5 });
    expect(measure([])).toBeUndefined();
  });
});

describe('chargeOf', () => {
  const failure = (over: Partial<TrialFailure> = {}): TrialFailure => ({
    ...{ class: 'hang', reason: 'r', stage: 'evaluate', attempt: 1 },
    ...over,
  });
  const failed = (over: Partial<TrialFailure>) =>
    ({ trial: '1', status: 'failed', failure: failure(over) }) as const;
  const facts = { leaseGpuSeconds: 100, elapsedSeconds: 40 };

  it('sums what all attempts say', () => {
    const earlier = [failure({ gpuSeconds: 3 }), failure({ gpuSeconds: 4 })];
    expect(chargeOf(failed({ gpuSeconds: 5, earlier }), facts)).toBe(12);
  });

  it('counts one that does not say with the time since the hand-out, or with all of the lease', () => {
    expect(chargeOf(failed({}), facts)).toBe(40);
    expect(chargeOf(failed({}), { ...facts, elapsedSeconds: 4000 })).toBe(100);
    expect(chargeOf(failed({}), { elapsedSeconds: 4000 })).toBe(4000);
    expect(chargeOf(failed({ earlier: [failure({ gpuSeconds: 70 })] }), facts)).toBe(70);
  });

  it('counts nothing for a trial that no node took, nor backwards where a clock was set back', () => {
    expect(chargeOf(failed({ stage: 'queued' }), facts)).toBe(0);
    const cancelled = { trial: '1', status: 'cancelled', reason: 'r' } as const;
    expect(chargeOf(cancelled, { elapsedSeconds: -5 })).toBe(0);
  });
});
